#!/usr/bin/env bash
# What the builder matters for, on dockerd with its classic one.
here=$(dirname "$0")
export E2E_BUILDER=classic
exec "$here/run-bats" docker "$here/loop.bats" "$here/prune.bats" "$here/variants.bats"
