# Files of src/net/
libgitimage_a_SOURCES += \
	src/net/http.c src/net/http.h src/net/http-response.c \
	src/net/http-failure.c src/net/http-failure.h \
	src/net/retry.c src/net/retry.h \
	src/net/url.c src/net/url.h src/net/url-site.c

if WITH_BUILDKIT
libgitimage_a_SOURCES += \
	src/net/channel.c src/net/channel.h \
	src/net/grpc.c src/net/grpc.h \
	src/net/grpc-call.c src/net/grpc-call.h \
	src/net/grpc-receive.c src/net/grpc-status.c \
	src/net/h2.c src/net/h2.h \
	src/net/h2-session.h src/net/h2-stream.c \
	src/net/tls.c src/net/tls.h \
	src/net/upgrade.c src/net/upgrade.h
endif
