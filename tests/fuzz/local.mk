# Files of tests/fuzz/
FUZZ_TESTS = tests/fuzz/fuzz_challenge tests/fuzz/fuzz_compress tests/fuzz/fuzz_config \
	tests/fuzz/fuzz_dockerfile tests/fuzz/fuzz_dockerignore tests/fuzz/fuzz_export \
	tests/fuzz/fuzz_fsutil tests/fuzz/fuzz_grpc tests/fuzz/fuzz_json_edit \
	tests/fuzz/fuzz_load tests/fuzz/fuzz_protobuf tests/fuzz/fuzz_status tests/fuzz/fuzz_tar
check_PROGRAMS += $(FUZZ_TESTS)
TESTS_QUICK += $(FUZZ_TESTS)
fuzz_driver = tests/fuzz/driver.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_challenge_SOURCES = tests/fuzz/fuzz_challenge.c $(fuzz_driver)
tests_fuzz_fuzz_challenge_LDADD = libgitimage.a $(LIBRARIES_ALL)
tests_fuzz_fuzz_json_edit_SOURCES = tests/fuzz/fuzz_json_edit.c $(fuzz_driver)
tests_fuzz_fuzz_json_edit_LDADD = libgitimage.a $(LIBRARIES_ALL)
tests_fuzz_fuzz_compress_SOURCES = tests/fuzz/fuzz_compress.c $(fuzz_driver)
tests_fuzz_fuzz_compress_LDADD = libgitimage.a $(LIBRARIES_ALL)
tests_fuzz_fuzz_config_SOURCES = tests/fuzz/fuzz_config.c $(fuzz_driver)
tests_fuzz_fuzz_config_LDADD = libgitimage.a $(LIBRARIES_ALL)
tests_fuzz_fuzz_dockerfile_SOURCES = tests/fuzz/fuzz_dockerfile.c $(fuzz_driver)
tests_fuzz_fuzz_dockerfile_LDADD = libgitimage.a $(LIBRARIES_ALL)
tests_fuzz_fuzz_dockerignore_SOURCES = tests/fuzz/fuzz_dockerignore.c $(fuzz_driver)
tests_fuzz_fuzz_dockerignore_LDADD = libgitimage.a $(LIBRARIES_ALL)
tests_fuzz_fuzz_fsutil_SOURCES = tests/fuzz/fuzz_fsutil.c $(fuzz_driver)
tests_fuzz_fuzz_fsutil_LDADD = libgitimage.a $(LIBRARIES_ALL)
tests_fuzz_fuzz_protobuf_SOURCES = tests/fuzz/fuzz_protobuf.c $(fuzz_driver)
tests_fuzz_fuzz_protobuf_LDADD = libgitimage.a $(LIBRARIES_ALL)
tests_fuzz_fuzz_status_SOURCES = tests/fuzz/fuzz_status.c $(fuzz_driver)
tests_fuzz_fuzz_status_LDADD = libgitimage.a $(LIBRARIES_ALL)
tests_fuzz_fuzz_tar_SOURCES = tests/fuzz/fuzz_tar.c $(fuzz_driver)
tests_fuzz_fuzz_tar_LDADD = libgitimage.a $(LIBRARIES_ALL)
tests_fuzz_fuzz_grpc_SOURCES = tests/fuzz/fuzz_grpc.c $(fuzz_driver) \
	tests/unit/net/frames.c tests/unit/net/frames.h tests/unit/net/pipe.c tests/unit/net/pipe.h
tests_fuzz_fuzz_grpc_LDADD = libgitimage.a $(LIBRARIES_ALL)
tests_fuzz_fuzz_export_SOURCES = tests/fuzz/fuzz_export.c $(fuzz_driver) \
	tests/unit/engine/export-sample.c tests/unit/engine/export-sample.h
tests_fuzz_fuzz_export_LDADD = libgitimage.a $(LIBRARIES_ALL)
tests_fuzz_fuzz_load_SOURCES = tests/fuzz/fuzz_load.c $(fuzz_driver) \
	tests/unit/flow/load-all.c tests/unit/flow/load-all.h
tests_fuzz_fuzz_load_LDADD = libgitimage.a $(LIBRARIES_ALL)
