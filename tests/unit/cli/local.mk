# Files of tests/unit/cli/
UNIT_TESTS += tests/unit/cli/test_options
tests_unit_cli_test_options_SOURCES = tests/unit/cli/test_options.c
tests_unit_cli_test_options_LDADD = $(unit_ldadd)
