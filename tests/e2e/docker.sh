#!/usr/bin/env bash
# The end-to-end tests on dockerd.
exec "$(dirname "$0")/run-bats" docker
