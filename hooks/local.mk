# Files of hooks/: what 'git image hook install' puts into a repository. The
# program carries them inside, so that it works from any place.
hook_stubs = hooks/post-commit hooks/pre-push
EXTRA_DIST += $(hook_stubs)
nodist_libgitimage_a_SOURCES = hooks/stubs.c
CLEANFILES += hooks/stubs.c

hooks/stubs.c: $(hook_stubs)
	$(AM_V_GEN)$(MKDIR_P) hooks && { \
	echo '#include "cli/stubs.h"'; \
	echo 'const struct stub stubs[] = {'; \
	for stub in $(hook_stubs); do \
		echo "{ \"$${stub#hooks/}\","; \
		$(SED) 's/[\\"]/\\&/g; s/.*/"&\\n"/' $(srcdir)/$$stub && echo '},' || exit; \
	done; \
	echo '{ 0 } };'; } >$@.tmp && mv $@.tmp $@
