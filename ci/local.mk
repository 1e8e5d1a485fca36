# Files of ci/
EXTRA_DIST += ci/lib/sandbox ci/lib/engines.sh ci/lib/packages.sh ci/lib/steps.sh \
	ci/check .ci/run
