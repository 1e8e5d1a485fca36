# Benches: numbers, not tests; `make bench` prints them all. Measure a plain
# build on a quiet machine.
benches = tests/bench/ahead tests/bench/loop tests/bench/noop tests/bench/context \
	tests/bench/ledger tests/bench/log tests/bench/key tests/bench/status \
	tests/bench/buildkit tests/bench/docs tests/bench/exists tests/bench/publish
EXTRA_DIST += $(benches) tests/bench/docker-loop tests/bench/lib.bash

.PHONY: bench
bench: git-image$(EXEEXT)
	@status=0; for bench in $(benches); do \
		echo "== $$bench"; \
		top_builddir='$(abs_top_builddir)' $(srcdir)/$$bench || status=1; \
	done; exit $$status
