#!/usr/bin/env bash
# The end-to-end tests on a later dockerd (24 or later) with a graph driver.
exec "$(dirname "$0")/run-bats" docker26
