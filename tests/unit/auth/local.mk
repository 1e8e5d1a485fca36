# Files of tests/unit/auth/
UNIT_TESTS += tests/unit/auth/test_credentials
tests_unit_auth_test_credentials_SOURCES = tests/unit/auth/test_credentials.c
tests_unit_auth_test_credentials_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/auth/test_ci
tests_unit_auth_test_ci_SOURCES = tests/unit/auth/test_ci.c
tests_unit_auth_test_ci_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/auth/test_store
tests_unit_auth_test_store_SOURCES = tests/unit/auth/test_store.c
tests_unit_auth_test_store_LDADD = $(unit_ldadd)
