# Lints of the project's own text. Each also shows, on small trees, that it
# can fail.
lints = tests/lint/layers.sh tests/lint/walls.sh tests/lint/sizes.sh tests/lint/text.sh \
	tests/lint/headers.sh tests/lint/banned.sh tests/lint/scripts.sh
TESTS_QUICK += $(lints)
EXTRA_DIST += $(lints) tests/lint/lib.sh tests/lint/functions.pl .shellcheckrc
