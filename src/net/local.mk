# Files of src/net/
libgitimage_a_SOURCES += \
	src/net/http.c src/net/http.h \
	src/net/retry.h \
	src/net/url.h
