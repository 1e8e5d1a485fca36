# Files of tests/unit/auth/
UNIT_TESTS += tests/unit/auth/test_credentials
tests_unit_auth_test_credentials_SOURCES = tests/unit/auth/test_credentials.c
tests_unit_auth_test_credentials_LDADD = $(unit_ldadd)
