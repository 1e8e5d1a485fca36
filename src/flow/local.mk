# Files of src/flow/
libgitimage_a_SOURCES += \
	src/flow/configuration.c \
	src/flow/settings-value.c src/flow/settings-value.h \
	src/flow/settings.c src/flow/settings.h
