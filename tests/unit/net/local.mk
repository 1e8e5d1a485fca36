# Files of tests/unit/net/
UNIT_TESTS += tests/unit/net/test_http
tests_unit_net_test_http_SOURCES = tests/unit/net/test_http.c
tests_unit_net_test_http_LDADD = $(unit_ldadd)
