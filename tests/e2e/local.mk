# End-to-end tests: the program on real engines and registries. The .bats
# files run once for each engine.
TESTS_E2E += tests/e2e/sandbox.sh tests/e2e/docker.sh tests/e2e/podman.sh
EXTRA_DIST += tests/e2e/with-engines tests/e2e/run-bats tests/e2e/lib/helper.bash \
	tests/e2e/harness.bats
