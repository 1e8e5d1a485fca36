# Files of src/image/
libgitimage_a_SOURCES += \
	src/image/config.c src/image/config.h \
	src/image/index.c src/image/index.h \
	src/image/manifest.c src/image/manifest.h \
	src/image/manifest-write.c src/image/manifest-write.h \
	src/image/platform.c src/image/platform.h \
	src/image/reference.c src/image/reference.h
