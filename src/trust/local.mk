# Files of src/trust/
libgitimage_a_SOURCES += \
	src/trust/seal.c src/trust/seal.h
