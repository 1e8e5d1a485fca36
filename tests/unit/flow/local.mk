# Files of tests/unit/flow/
UNIT_TESTS += tests/unit/flow/test_settings
tests_unit_flow_test_settings_SOURCES = tests/unit/flow/test_settings.c
tests_unit_flow_test_settings_LDADD = $(unit_ldadd)
