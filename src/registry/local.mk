# Files of src/registry/
libgitimage_a_SOURCES += \
	src/registry/absence.c src/registry/absence.h \
	src/registry/ask.c src/registry/ask.h \
	src/registry/authorization.c \
	src/registry/blob.c src/registry/blob.h \
	src/registry/certificates.c src/registry/certificates.h \
	src/registry/challenge.c src/registry/challenge.h \
	src/registry/client.h \
	src/registry/configs.c src/registry/configs.h \
	src/registry/errand.c src/registry/errand.h \
	src/registry/exists.c src/registry/exists.h \
	src/registry/login.c src/registry/login.h \
	src/registry/manifest.c \
	src/registry/pool.c src/registry/pool.h \
	src/registry/read.c src/registry/read.h \
	src/registry/registry.c src/registry/registry.h \
	src/registry/request.c \
	src/registry/scope.c src/registry/scope.h \
	src/registry/store.c src/registry/store.h \
	src/registry/archive-file.c src/registry/archive-file.h \
	src/registry/archive-out.c src/registry/archive-out.h \
	src/registry/store-archive.c src/registry/store-layout.c src/registry/store-oci-archive.c \
	src/registry/stream.c src/registry/stream.h \
	src/registry/token.c src/registry/token.h \
	src/registry/transfer-body.c src/registry/transfer.c src/registry/transfer.h
