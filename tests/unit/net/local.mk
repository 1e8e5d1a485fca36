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

if WITH_BUILDKIT
UNIT_TESTS += tests/unit/net/test_grpc tests/unit/net/test_grpc_break \
	tests/unit/net/test_grpc_peer tests/unit/net/test_grpc_tunnel \
	tests/unit/net/test_channel tests/unit/net/test_tls
endif
grpc_scene = tests/unit/net/grpc_scene.c tests/unit/net/grpc_scene.h \
	tests/unit/net/pipe.c tests/unit/net/pipe.h
tests_unit_net_test_grpc_SOURCES = tests/unit/net/test_grpc.c $(grpc_scene)
tests_unit_net_test_grpc_LDADD = $(unit_ldadd)
tests_unit_net_test_grpc_break_SOURCES = tests/unit/net/test_grpc_break.c $(grpc_scene)
tests_unit_net_test_grpc_break_LDADD = $(unit_ldadd)
tests_unit_net_test_grpc_peer_SOURCES = tests/unit/net/test_grpc_peer.c $(grpc_scene) \
	tests/unit/net/frames.c tests/unit/net/frames.h
tests_unit_net_test_grpc_peer_LDADD = $(unit_ldadd)
tests_unit_net_test_channel_SOURCES = tests/unit/net/test_channel.c \
	tests/unit/net/pipe.c tests/unit/net/pipe.h
tests_unit_net_test_channel_LDADD = $(unit_ldadd)
tests_unit_net_test_tls_SOURCES = tests/unit/net/test_tls.c
tests_unit_net_test_tls_LDADD = $(unit_ldadd)
tests_unit_net_test_grpc_tunnel_SOURCES = tests/unit/net/test_grpc_tunnel.c $(grpc_scene)
tests_unit_net_test_grpc_tunnel_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/net/test_trust
tests_unit_net_test_trust_SOURCES = tests/unit/net/test_trust.c
tests_unit_net_test_trust_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/net/test_proxy
tests_unit_net_test_proxy_SOURCES = tests/unit/net/test_proxy.c \
	tests/unit/registry/peer.c tests/unit/registry/peer.h
tests_unit_net_test_proxy_LDADD = $(unit_ldadd)
