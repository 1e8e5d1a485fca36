# Files of tests/unit/flow/
UNIT_TESTS += tests/unit/flow/test_settings
tests_unit_flow_test_settings_SOURCES = tests/unit/flow/test_settings.c
tests_unit_flow_test_settings_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/flow/test_prune
tests_unit_flow_test_prune_SOURCES = tests/unit/flow/test_prune.c \
	tests/unit/flow/fake_engine.c tests/unit/flow/fake_engine.h
tests_unit_flow_test_prune_LDADD = $(unit_ldadd)
