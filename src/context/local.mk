# Files of src/context/
libgitimage_a_SOURCES += \
	src/context/bases.c src/context/bases.h \
	src/context/content-key.c src/context/content-key.h \
	src/context/context.c src/context/context.h \
	src/context/context-stream.c \
	src/context/context-differ.c src/context/context-differ.h \
	src/context/context-tree.c src/context/context-tree.h \
	src/context/dockerfile.c src/context/dockerfile.h \
	src/context/dockerfile-lines.c src/context/dockerfile-lines.h \
	src/context/dockerfile-syntax.c \
	src/context/dockerignore.c src/context/dockerignore.h \
	src/context/entries.c src/context/entries.h \
	src/context/files.c src/context/files.h \
	src/context/files-list.c src/context/files-list.h \
	src/context/follow.c src/context/follow.h \
	src/context/internal.h \
	src/context/mtime.c src/context/mtime.h \
	src/context/pattern.c src/context/pattern.h \
	src/context/pattern-match.c src/context/pattern-parse.c \
	src/context/pattern-program.h src/context/pattern-rune.c \
	src/context/recipe.c src/context/recipe.h \
	src/context/rewrite.c src/context/rewrite.h \
	src/context/selection.c src/context/selection.h \
	src/context/source.h src/context/source-tree.c src/context/source-worktree.c \
	src/context/tree-memo.c src/context/tree-memo.h \
	src/context/variant.c src/context/variant.h
