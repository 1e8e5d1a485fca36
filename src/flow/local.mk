# Files of src/flow/, folder by folder
libgitimage_a_SOURCES += \
	src/flow/ci.c src/flow/ci.h \
	src/flow/job.c src/flow/job.h \
	src/flow/jobs.c src/flow/jobs.h \
	src/flow/loop.c src/flow/loop.h \
	src/flow/plan.c \
	src/flow/prune.c src/flow/prune.h \
	src/flow/resolve.c src/flow/resolve.h \
	src/flow/run.c src/flow/run.h \
	src/flow/strays.c src/flow/strays.h \
	src/flow/survey.c src/flow/survey.h
libgitimage_a_SOURCES += \
	src/flow/config/configuration.c \
	src/flow/config/configure.c src/flow/config/configure.h \
	src/flow/config/folder-files.c src/flow/config/folder-files.h \
	src/flow/config/folders.c src/flow/config/folders.h \
	src/flow/config/own-image.c src/flow/config/own-image.h \
	src/flow/config/settings.c src/flow/config/settings.h \
	src/flow/config/settings-command.c src/flow/config/settings-command.h \
	src/flow/config/settings-resolve.c \
	src/flow/config/settings-value.c src/flow/config/settings-value.h \
	src/flow/config/stored.h
libgitimage_a_SOURCES += \
	src/flow/graph/crew.c src/flow/graph/crew.h \
	src/flow/graph/graph.c src/flow/graph/graph.h \
	src/flow/graph/graph-compare.c \
	src/flow/graph/graph-parents.c src/flow/graph/graph-parents.h \
	src/flow/graph/graph-write.c src/flow/graph/graph-write.h
libgitimage_a_SOURCES += \
	src/flow/build/build.c src/flow/build/build.h \
	src/flow/build/cache.c src/flow/build/cache.h \
	src/flow/build/context-file.c src/flow/build/context-file.h \
	src/flow/build/identity.c src/flow/build/identity.h \
	src/flow/build/parents.c src/flow/build/parents.h \
	src/flow/build/secrets.c src/flow/build/secrets.h \
	src/flow/build/stamp.c
libgitimage_a_SOURCES += \
	src/flow/key/base.c src/flow/key/base.h \
	src/flow/key/key.c src/flow/key/key.h \
	src/flow/key/key-tags.c src/flow/key/key-tags.h \
	src/flow/key/lookup.c \
	src/flow/key/past.c src/flow/key/past.h \
	src/flow/key/remote.c src/flow/key/remote.h \
	src/flow/key/reuse.c src/flow/key/reuse.h \
	src/flow/key/silence.c src/flow/key/silence.h
libgitimage_a_SOURCES += \
	src/flow/trial/ready.c src/flow/trial/ready.h \
	src/flow/trial/reports.c src/flow/trial/reports.h \
	src/flow/trial/retest.c src/flow/trial/retest.h \
	src/flow/trial/trial.c src/flow/trial/trial.h \
	src/flow/trial/trial-engine.c src/flow/trial/trial-engine.h
libgitimage_a_SOURCES += \
	src/flow/publish/ahead.c src/flow/publish/ahead.h \
	src/flow/publish/blobs.c src/flow/publish/blobs.h \
	src/flow/publish/blobs-known.c src/flow/publish/blobs-known.h \
	src/flow/publish/direct.c src/flow/publish/direct.h \
	src/flow/publish/direct-pack.c src/flow/publish/direct-pack.h \
	src/flow/publish/direct-send.c src/flow/publish/direct-send.h \
	src/flow/publish/direct-stream.c src/flow/publish/direct-stream.h \
	src/flow/publish/documents.c src/flow/publish/documents.h \
	src/flow/publish/forward.c src/flow/publish/forward.h \
	src/flow/publish/journal.c src/flow/publish/journal.h \
	src/flow/publish/known.c src/flow/publish/known.h \
	src/flow/publish/mount-source.c src/flow/publish/mount-source.h \
	src/flow/publish/publish.c src/flow/publish/publish.h \
	src/flow/publish/platform-index.c src/flow/publish/platform-index.h \
	src/flow/publish/publish-content.c src/flow/publish/publish-content.h \
	src/flow/publish/publish-extra.c src/flow/publish/publish-extra.h \
	src/flow/publish/publish-index.c \
	src/flow/publish/publish-set.c src/flow/publish/publish-set.h \
	src/flow/publish/publish-tag.c src/flow/publish/publish-tag.h \
	src/flow/publish/tag-template.c src/flow/publish/tag-template.h \
	src/flow/publish/tags.c src/flow/publish/tags.h \
	src/flow/publish/unfinished.c src/flow/publish/unfinished.h \
	src/flow/publish/upload.c src/flow/publish/upload.h \
	src/flow/publish/version.c src/flow/publish/version.h
libgitimage_a_SOURCES += \
	src/flow/ledger/ledger.c src/flow/ledger/ledger.h \
	src/flow/ledger/ledger-log.c src/flow/ledger/ledger-log.h \
	src/flow/ledger/record.c src/flow/ledger/record.h \
	src/flow/ledger/why.c src/flow/ledger/why.h \
	src/flow/ledger/why-ledger.c src/flow/ledger/why-ledger.h
libgitimage_a_SOURCES += \
	src/flow/index/index.c src/flow/index/index.h \
	src/flow/index/index-entry.c \
	src/flow/index/index-folder.c \
	src/flow/index/index-note.c \
	src/flow/index/index-oci.c \
	src/flow/index/index-place.h
libgitimage_a_SOURCES += \
	src/flow/status/overview.c src/flow/status/overview.h \
	src/flow/status/overview-ask.c src/flow/status/overview-ask.h \
	src/flow/status/standing.c src/flow/status/standing.h
libgitimage_a_SOURCES += \
	src/flow/archive/load.c src/flow/archive/load.h \
	src/flow/archive/load-archive.c src/flow/archive/load-archive.h \
	src/flow/archive/load-docker.c \
	src/flow/archive/load-items.c src/flow/archive/load-items.h \
	src/flow/archive/load-layout.c \
	src/flow/archive/load-parts.c src/flow/archive/load-parts.h \
	src/flow/archive/save.c src/flow/archive/save.h
libgitimage_a_SOURCES += \
	src/flow/ensure/ensure.c src/flow/ensure/ensure.h \
	src/flow/ensure/ensure-foreign.c \
	src/flow/ensure/ensure-remote.c src/flow/ensure/ensure-remote.h \
	src/flow/ensure/ensure-set.c src/flow/ensure/ensure-set.h \
	src/flow/ensure/pull.c src/flow/ensure/pull.h
