# Files of src/image/
libgitimage_a_SOURCES += \
	src/image/config.h \
	src/image/manifest.h \
	src/image/platform.h \
	src/image/reference.h
