# Files of src/engine/
libgitimage_a_SOURCES += \
	src/engine/build/classic.h \
	src/engine/connect.h \
	src/engine/engine.c src/engine/engine.h \
	src/engine/stamp.h
