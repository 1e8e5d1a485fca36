#!/usr/bin/env bash
# The end-to-end tests on Podman's API service.
exec "$(dirname "$0")/run-bats" podman
