# Files of src/base/
libgitimage_a_SOURCES += \
	src/base/banned.h \
	src/base/buf.c src/base/buf.h \
	src/base/cleanup.h \
	src/base/error.c src/base/error.h \
	src/base/event.c src/base/event.h \
	src/base/host.c src/base/host.h \
	src/base/interrupt.c src/base/interrupt.h \
	src/base/limits.h \
	src/base/path.c src/base/path.h \
	src/base/process.c src/base/process.h \
	src/base/redact.c src/base/redact.h \
	src/base/secret.c src/base/secret.h \
	src/base/slice.h \
	src/base/str.c src/base/str.h \
	src/base/task.c src/base/task.h \
	src/base/team.c src/base/team.h \
	src/base/time.c src/base/time.h
