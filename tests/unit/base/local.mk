# Files of tests/unit/base/
scratch = tests/unit/base/scratch.c tests/unit/base/scratch.h
UNIT_TESTS += tests/unit/base/test_base
tests_unit_base_test_base_SOURCES = tests/unit/base/test_base.c
tests_unit_base_test_base_LDADD = $(unit_ldadd)
