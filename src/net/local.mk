# Files of src/net/
libgitimage_a_SOURCES += \
	src/net/http.c src/net/http.h \
	src/net/retry.c src/net/retry.h \
	src/net/url.c src/net/url.h src/net/url-site.c

buildkit_net = src/net/channel.h src/net/grpc.h src/net/upgrade.h
if WITH_BUILDKIT
libgitimage_a_SOURCES += $(buildkit_net)
endif
EXTRA_DIST += $(buildkit_net)
