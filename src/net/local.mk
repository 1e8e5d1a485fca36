# Files of src/net/
libgitimage_a_SOURCES += \
	src/net/http.c src/net/http.h \
	src/net/retry.c src/net/retry.h \
	src/net/url.c src/net/url.h src/net/url-site.c
