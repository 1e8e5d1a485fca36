#!/usr/bin/env bash
# The end-to-end tests on a later dockerd whose images containerd keeps.
exec "$(dirname "$0")/run-bats" docker26c
