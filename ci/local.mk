# Files of ci/
EXTRA_DIST += ci/lib/sandbox ci/lib/engines.sh
