# Files of src/cli/
libgitimage_a_SOURCES += \
	src/cli/commands.c src/cli/commands.h \
	src/cli/options.c src/cli/options.h
