# Files of src/engine/
libgitimage_a_SOURCES += \
	src/engine/api.c src/engine/api.h \
	src/engine/build/build.c src/engine/build/build.h \
	src/engine/build/buildkit.h \
	src/engine/build/classic.c src/engine/build/classic.h \
	src/engine/build/fsutil.c src/engine/build/fsutil.h \
	src/engine/build/fsutil-sender.c src/engine/build/fsutil-sender.h \
	src/engine/build/status.c src/engine/build/status.h \
	src/engine/build/status-message.c src/engine/build/status-message.h \
	src/engine/build/status-vertex.c src/engine/build/status-vertex.h \
	src/engine/buildkit-address.c src/engine/buildkit-address.h \
	src/engine/buildkitd.h \
	src/engine/carry.c src/engine/carry.h \
	src/engine/connect.c src/engine/connect.h \
	src/engine/container.c \
	src/engine/discover.c src/engine/discover.h \
	src/engine/engine.c src/engine/engine.h \
	src/engine/exec.c \
	src/engine/export.c src/engine/export-archive.c src/engine/export-archive.h \
	src/engine/frames.c src/engine/frames.h \
	src/engine/image.c \
	src/engine/image-config.c src/engine/image-config.h \
	src/engine/layout.c src/engine/layout.h \
	src/engine/layout-image.c src/engine/layout-index.c src/engine/layout-index.h \
	src/engine/layout-import.c src/engine/layout-import.h \
	src/engine/layout-stamp.c \
	src/engine/load.c src/engine/load.h \
	src/engine/measure.c \
	src/engine/names.c src/engine/names.h \
	src/engine/platform.c \
	src/engine/podman-service.c src/engine/podman-service.h \
	src/engine/pull.c src/engine/push.c \
	src/engine/stamp.c src/engine/stamp.h src/engine/stamp-archive.c \
	src/engine/stamp-commit.c src/engine/stamp-config.c src/engine/stamp-config.h \
	src/engine/stamp-export.c src/engine/stamp-graph.c src/engine/stamp-inspect.c \
	src/engine/stamp-load.c \
	src/engine/stream.c src/engine/stream.h \
	src/engine/watch.c
if WITH_BUILDKIT
libgitimage_a_SOURCES += \
	src/engine/build/ability.c src/engine/build/ability.h \
	src/engine/build/auth.c src/engine/build/auth.h \
	src/engine/build/buildkit.c \
	src/engine/build/drive.c src/engine/build/drive.h \
	src/engine/build/filesend.c src/engine/build/filesend.h \
	src/engine/build/filesync.c src/engine/build/filesync.h \
	src/engine/build/info.c src/engine/build/info.h \
	src/engine/build/link.c src/engine/build/link.h \
	src/engine/build/request.c src/engine/build/request.h \
	src/engine/build/secrets.c src/engine/build/secrets.h \
	src/engine/build/session.c src/engine/build/session.h \
	src/engine/build/solve.c src/engine/build/solve.h \
	src/engine/build/ssh.c src/engine/build/ssh.h \
	src/engine/build/tunnel.c src/engine/build/tunnel.h \
	src/engine/buildkitd.c \
	src/engine/content.c src/engine/content.h \
	src/engine/export-content.c src/engine/stamp-containerd.c
else
libgitimage_a_SOURCES += \
	src/engine/build/buildkit-none.c \
	src/engine/buildkitd-none.c \
	src/engine/export-content-none.c \
	src/engine/stamp-containerd-none.c
endif
