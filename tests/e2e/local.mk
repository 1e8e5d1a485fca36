# End-to-end tests: the program on real engines and registries. The .bats
# files run once for each engine, or for those that they name.
# The longest first: three run at a time.
e2e_scripts = tests/e2e/docker.sh tests/e2e/podman.sh tests/e2e/docker26-containerd.sh \
	tests/e2e/docker26.sh tests/e2e/registry.sh tests/e2e/docker-classic.sh \
	tests/e2e/sandbox.sh
TESTS_E2E += $(e2e_scripts)
EXTRA_DIST += tests/e2e/buildkit-host.bats
EXTRA_DIST += tests/e2e/set.bats tests/e2e/race.bats
EXTRA_DIST += $(e2e_scripts) tests/e2e/with-engines tests/e2e/run-bats tests/e2e/lib/helper.bash \
	tests/e2e/ahead.bats \
	tests/e2e/harness.bats tests/e2e/loop.bats tests/e2e/prune.bats tests/e2e/trial.bats \
	tests/e2e/publish.bats tests/e2e/repository.bats tests/e2e/inputs.bats \
	tests/e2e/crash.bats tests/e2e/buildkit.bats tests/e2e/secrets.bats tests/e2e/frontend.bats
EXTRA_DIST += tests/e2e/context.bats tests/e2e/direct.bats
EXTRA_DIST += tests/e2e/others.bats
EXTRA_DIST += tests/e2e/lib/peer.bash tests/e2e/peer.bats tests/e2e/credentials.bats \
	tests/e2e/lib/cases.bash tests/e2e/faults.bats tests/e2e/personalities.bats
EXTRA_DIST += tests/e2e/bit.bats tests/e2e/key.bats tests/e2e/status.bats
EXTRA_DIST += tests/e2e/graph.bats tests/e2e/jobs.bats
EXTRA_DIST += tests/e2e/tags.bats tests/e2e/ensure.bats
EXTRA_DIST += tests/e2e/resolve.bats tests/e2e/reuse.bats tests/e2e/why.bats
EXTRA_DIST += tests/e2e/targets.bats tests/e2e/artifacts.bats
EXTRA_DIST += tests/e2e/variants.bats
