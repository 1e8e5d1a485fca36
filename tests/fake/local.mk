# Files of tests/fake/
check_PROGRAMS += tests/fake/cut-relay
tests_fake_cut_relay_SOURCES = tests/fake/cut-relay.c
tests_fake_cut_relay_LDADD = libgitimage.a $(LIBRARIES_ALL)
# The scripted registry: Python, started where it lies.
EXTRA_DIST += tests/fake/peer tests/fake/peerlib/__init__.py tests/fake/peerlib/ledger.py \
	tests/fake/peerlib/personality.py tests/fake/peerlib/registry.py \
	tests/fake/peerlib/script.py tests/fake/peerlib/server.py tests/fake/peerlib/store.py \
	tests/fake/peerlib/tokens.py tests/fake/peerlib/verbs.py tests/fake/peerlib/wire.py
