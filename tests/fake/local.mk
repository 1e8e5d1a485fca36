# Files of tests/fake/
check_PROGRAMS += tests/fake/cut-relay
tests_fake_cut_relay_SOURCES = tests/fake/cut-relay.c
tests_fake_cut_relay_LDADD = libgitimage.a $(LIBRARIES_ALL)
