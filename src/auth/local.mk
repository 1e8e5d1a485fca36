# Files of src/auth/
libgitimage_a_SOURCES += \
	src/auth/credentials.h
