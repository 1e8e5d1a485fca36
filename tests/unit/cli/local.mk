# Files of tests/unit/cli/
UNIT_TESTS += tests/unit/cli/test_options tests/unit/cli/test_help tests/unit/cli/test_stubs
tests_unit_cli_test_options_SOURCES = tests/unit/cli/test_options.c
tests_unit_cli_test_options_LDADD = $(unit_ldadd)
tests_unit_cli_test_help_SOURCES = tests/unit/cli/test_help.c
tests_unit_cli_test_help_LDADD = $(unit_ldadd)
tests_unit_cli_test_stubs_SOURCES = tests/unit/cli/test_stubs.c
tests_unit_cli_test_stubs_LDADD = $(unit_ldadd)

cli_scripts = tests/unit/cli/test_generated.sh tests/unit/cli/test_ci.sh \
	tests/unit/cli/test_login.sh
TESTS_QUICK += $(cli_scripts)
EXTRA_DIST += $(cli_scripts)
