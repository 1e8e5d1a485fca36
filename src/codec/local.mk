# Files of src/codec/
libgitimage_a_SOURCES += \
	src/codec/json.c src/codec/json.h src/codec/json-write.c
