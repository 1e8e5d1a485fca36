# Files of tests/fuzz/
FUZZ_TESTS = tests/fuzz/fuzz_config
check_PROGRAMS += $(FUZZ_TESTS)
TESTS_QUICK += $(FUZZ_TESTS)
fuzz_driver = tests/fuzz/driver.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_config_SOURCES = tests/fuzz/fuzz_config.c $(fuzz_driver)
tests_fuzz_fuzz_config_LDADD = libgitimage.a $(LIBRARIES_ALL)
