# Files of src/cli/
libgitimage_a_SOURCES += \
	src/cli/commands.c src/cli/commands.h \
	src/cli/help.c src/cli/help.h \
	src/cli/introspect-man.c src/cli/introspect-man.h \
	src/cli/introspect.c src/cli/introspect.h \
	src/cli/options.c src/cli/options.h \
	src/cli/stubs.c src/cli/stubs.h
