# Files of src/auth/
libgitimage_a_SOURCES += \
	src/auth/ci.c src/auth/ci.h \
	src/auth/credentials.c src/auth/credentials.h \
	src/auth/entry.c src/auth/entry.h \
	src/auth/files.c src/auth/files.h \
	src/auth/header.c \
	src/auth/helper.c src/auth/helper.h \
	src/auth/server.c src/auth/server.h \
	src/auth/store.c src/auth/store.h
