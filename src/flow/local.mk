# Files of src/flow/
libgitimage_a_SOURCES += \
	src/flow/cache.c src/flow/cache.h \
	src/flow/configuration.c \
	src/flow/secrets.c src/flow/secrets.h \
	src/flow/settings-value.c src/flow/settings-value.h \
	src/flow/settings.c src/flow/settings.h \
	src/flow/tag-template.c src/flow/tag-template.h
libgitimage_a_SOURCES += \
	src/flow/ahead.c src/flow/ahead.h \
	src/flow/blobs-known.c src/flow/blobs-known.h \
	src/flow/base.c src/flow/base.h \
	src/flow/blobs.c src/flow/blobs.h \
	src/flow/build.c src/flow/build.h \
	src/flow/configure.c src/flow/configure.h \
	src/flow/direct.c src/flow/direct.h \
	src/flow/direct-pack.c src/flow/direct-pack.h \
	src/flow/documents.c src/flow/documents.h \
	src/flow/forward.c src/flow/forward.h \
	src/flow/identity.c src/flow/identity.h \
	src/flow/job.c src/flow/job.h \
	src/flow/journal.c src/flow/journal.h \
	src/flow/jobs.c src/flow/jobs.h \
	src/flow/known.c src/flow/known.h \
	src/flow/key.c src/flow/key.h \
	src/flow/loop.c src/flow/loop.h \
	src/flow/plan.c \
	src/flow/prune.c src/flow/prune.h \
	src/flow/publish-extra.c src/flow/publish-extra.h \
	src/flow/publish-index.c \
	src/flow/publish-set.c src/flow/publish-set.h \
	src/flow/publish-tag.c src/flow/publish-tag.h \
	src/flow/publish.c src/flow/publish.h \
	src/flow/ready.c src/flow/ready.h \
	src/flow/record.c src/flow/record.h \
	src/flow/reports.c src/flow/reports.h \
	src/flow/resolve.c src/flow/resolve.h \
	src/flow/reuse.c src/flow/reuse.h \
	src/flow/run.c src/flow/run.h \
	src/flow/stamp.c \
	src/flow/standing.c src/flow/standing.h \
	src/flow/strays.c src/flow/strays.h \
	src/flow/tags.c src/flow/tags.h \
	src/flow/version.c src/flow/version.h \
	src/flow/ci.c src/flow/ci.h \
	src/flow/trial-engine.c src/flow/trial-engine.h \
	src/flow/trial.c src/flow/trial.h \
	src/flow/unfinished.c src/flow/unfinished.h \
	src/flow/upload.c src/flow/upload.h
