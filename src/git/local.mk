# Files of src/git/
libgitimage_a_SOURCES += \
	src/git/blob.c src/git/blob.h \
	src/git/cat-file.c src/git/cat-file.h \
	src/git/commit.c src/git/commit.h \
	src/git/config.c src/git/config.h \
	src/git/describe.c \
	src/git/history.c src/git/history.h \
	src/git/hooks.c src/git/hooks.h \
	src/git/ignore.c src/git/ignore.h \
	src/git/index-cursor.c src/git/index-cursor.h \
	src/git/internal.h \
	src/git/log.c src/git/log.h \
	src/git/notes.c src/git/notes.h \
	src/git/notes-changes.c src/git/notes-changes.h \
	src/git/notes-index.c src/git/notes-index.h \
	src/git/notes-merge.c src/git/notes-merge.h \
	src/git/notes-tree.c src/git/notes-tree.h \
	src/git/notes-write.h \
	src/git/ref-swap.c src/git/ref-swap.h \
	src/git/relate.c \
	src/git/remote.c \
	src/git/repository.c src/git/repository.h \
	src/git/settings.c src/git/settings.h \
	src/git/start.c \
	src/git/tags.c src/git/tags.h \
	src/git/tree.c src/git/tree.h \
	src/git/tree-differ.c src/git/tree-differ.h \
	src/git/tree-id.c src/git/tree-id.h \
	src/git/worktree.c src/git/worktree.h \
	src/git/worktree-changes.c \
	src/git/worktree-walk.c src/git/worktree-walk.h
