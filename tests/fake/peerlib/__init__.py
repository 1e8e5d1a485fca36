# SPDX-License-Identifier: MIT
"""A scripted OCI registry and token server; see `peer --help`."""
