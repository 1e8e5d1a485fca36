# End-to-end tests: the program on real engines and registries. The .bats
# files run once for each engine, or for those that they name.
# Each engine's are in parts, with engines and registries of their own, that run
# side by side: engines mostly wait, as does what asks nothing of one, which comes first.
e2e_parts = tests/e2e/none-1of2.sh tests/e2e/none-2of2.sh \
	tests/e2e/podman-1of4.sh tests/e2e/podman-2of4.sh \
	tests/e2e/podman-3of4.sh tests/e2e/podman-4of4.sh \
	tests/e2e/docker-1of4.sh tests/e2e/docker-2of4.sh \
	tests/e2e/docker-3of4.sh tests/e2e/docker-4of4.sh \
	tests/e2e/docker26c-1of4.sh tests/e2e/docker26c-2of4.sh \
	tests/e2e/docker26c-3of4.sh tests/e2e/docker26c-4of4.sh \
	tests/e2e/docker26-1of2.sh tests/e2e/docker26-2of2.sh
e2e_scripts = tests/e2e/docker-classic.sh tests/e2e/sandbox.sh

# "docker-1of4.sh" is "run-bats docker 1of4".
$(e2e_parts): Makefile
	@$(MKDIR_P) $(@D)
	$(AM_V_at)echo 'exec "$$top_srcdir/tests/e2e/run-bats" $(subst -, ,$(basename $(@F)))' >$@

check_SCRIPTS += $(e2e_parts)
CLEANFILES += $(e2e_parts)
TESTS_E2E += $(e2e_parts) $(e2e_scripts)
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
	tests/e2e/lib/ask.bash tests/e2e/lib/cases.bash tests/e2e/faults.bats \
	tests/e2e/personalities.bats tests/e2e/large.bats
EXTRA_DIST += tests/e2e/bit.bats tests/e2e/key.bats tests/e2e/status.bats
EXTRA_DIST += tests/e2e/graph.bats tests/e2e/jobs.bats
EXTRA_DIST += tests/e2e/tags.bats tests/e2e/ensure.bats
EXTRA_DIST += tests/e2e/resolve.bats tests/e2e/reuse.bats tests/e2e/why.bats
EXTRA_DIST += tests/e2e/targets.bats tests/e2e/artifacts.bats
EXTRA_DIST += tests/e2e/variants.bats
