# Files of man/: what is written by hand around what comes from the tables.
# The pages and the completion are made by the build, never committed.
noinst_PROGRAMS += man/tables
man_tables_SOURCES = man/tables.c
man_tables_LDADD = libgitimage.a $(LIBRARIES_ALL)

nodist_man_MANS = man/git-image.1 man/git-image-config.5
bashcompletiondir = $(datadir)/bash-completion/completions
nodist_bashcompletion_DATA = man/git-image
EXTRA_DIST += man/git-image.1.head man/git-image.1.tail \
	man/git-image-config.5.head man/git-image-config.5.tail
CLEANFILES += $(nodist_man_MANS) $(nodist_bashcompletion_DATA)

make_page = $(MKDIR_P) man && { \
	$(SED) 's/@[V]ERSION@/$(PACKAGE_VERSION)/' $(srcdir)/$@.head && \
	man/tables$(EXEEXT) $$table && cat $(srcdir)/$@.tail; } >$@.tmp && mv $@.tmp $@

man/git-image.1: man/tables$(EXEEXT) man/git-image.1.head man/git-image.1.tail
	$(AM_V_GEN)table=man-1; $(make_page)
man/git-image-config.5: man/tables$(EXEEXT) man/git-image-config.5.head man/git-image-config.5.tail
	$(AM_V_GEN)table=man-5; $(make_page)
man/git-image: man/tables$(EXEEXT)
	$(AM_V_GEN)man/tables$(EXEEXT) bash >$@.tmp && mv $@.tmp $@
