# Files of src/registry/
libgitimage_a_SOURCES += \
	src/registry/registry.h
