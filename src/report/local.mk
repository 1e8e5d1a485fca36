# Files of src/report/
libgitimage_a_SOURCES += \
	src/report/json.c \
	src/report/lane.c src/report/lane.h \
	src/report/live.c src/report/live.h \
	src/report/log.c src/report/log.h \
	src/report/region.c src/report/region.h \
	src/report/report.c src/report/report.h \
	src/report/safe.c src/report/safe.h \
	src/report/say.c src/report/say.h \
	src/report/status.c src/report/status.h \
	src/report/target.h \
	src/report/text.c
