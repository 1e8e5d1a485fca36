# Files of tests/unit/net/
UNIT_TESTS += tests/unit/net/test_http
tests_unit_net_test_http_SOURCES = tests/unit/net/test_http.c
tests_unit_net_test_http_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/net/test_url
tests_unit_net_test_url_SOURCES = tests/unit/net/test_url.c
tests_unit_net_test_url_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/net/test_retry
tests_unit_net_test_retry_SOURCES = tests/unit/net/test_retry.c \
	tests/unit/registry/peer.c tests/unit/registry/peer.h
tests_unit_net_test_retry_LDADD = $(unit_ldadd)
