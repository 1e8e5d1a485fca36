# Files of src/cli/
libgitimage_a_SOURCES += \
	src/cli/commands.c src/cli/commands.h \
	src/cli/help.c src/cli/help.h \
	src/cli/introspect-man.c src/cli/introspect-man.h \
	src/cli/introspect.c src/cli/introspect.h \
	src/cli/options.c src/cli/options.h \
	src/cli/stubs.c src/cli/stubs.h

bin_PROGRAMS += git-image
git_image_SOURCES = src/cli/main.c src/cli/asked.c src/cli/asked.h \
	src/cli/prompt.c src/cli/prompt.h \
	src/cli/registry-host.c src/cli/registry-host.h src/cli/work.c src/cli/work.h \
	src/cli/cmd_build.c src/cli/cmd_context.c \
	src/cli/cmd_doctor.c src/cli/cmd_ensure.c src/cli/cmd_exists.c src/cli/cmd_graph.c \
	src/cli/cmd_hook.c src/cli/cmd_init.c \
	src/cli/cmd_key.c src/cli/cmd_load.c src/cli/cmd_ledger.c src/cli/cmd_log.c \
	src/cli/cmd_login.c src/cli/cmd_logout.c \
	src/cli/cmd_make.c src/cli/cmd_prune.c src/cli/cmd_publish.c src/cli/cmd_ref.c \
	src/cli/cmd_release.c src/cli/cmd_resolve.c src/cli/cmd_save.c src/cli/cmd_status.c \
	src/cli/cmd_tags.c src/cli/cmd_test.c src/cli/cmd_why.c
git_image_LDADD = libgitimage.a $(LIBRARIES_ALL)
