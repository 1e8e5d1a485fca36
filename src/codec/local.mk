# Files of src/codec/
libgitimage_a_SOURCES += \
	src/codec/base64.c src/codec/base64.h \
	src/codec/compress.c src/codec/compress.h src/codec/compress-block.h \
	src/codec/compress-gzip.c src/codec/compress-read.c src/codec/compress-read.h \
	src/codec/digest.c src/codec/digest.h \
	src/codec/json.c src/codec/json.h src/codec/json-write.c \
	src/codec/json-edit.c src/codec/json-edit.h \
	src/codec/protobuf.c src/codec/protobuf.h \
	src/codec/tar-block.h src/codec/tar-pax.c src/codec/tar-pax.h \
	src/codec/tar-read.c src/codec/tar-write.c src/codec/tar.h

if WITH_ISAL
libgitimage_a_SOURCES += src/codec/compress-isal.c
else
libgitimage_a_SOURCES += src/codec/compress-zlib.c
endif
if WITH_ZSTD
libgitimage_a_SOURCES += src/codec/compress-zstd.c
else
libgitimage_a_SOURCES += src/codec/compress-zstd-none.c
endif
