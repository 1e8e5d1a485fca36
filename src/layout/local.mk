# Files of src/layout/
libgitimage_a_SOURCES += \
	src/layout/blob.c src/layout/layout.h \
	src/layout/incoming.c src/layout/incoming.h
