# Files of tests/unit/codec/
UNIT_TESTS += tests/unit/codec/test_json
tests_unit_codec_test_json_SOURCES = tests/unit/codec/test_json.c
tests_unit_codec_test_json_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/codec/test_base64
tests_unit_codec_test_base64_SOURCES = tests/unit/codec/test_base64.c
tests_unit_codec_test_base64_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/codec/test_digest
tests_unit_codec_test_digest_SOURCES = tests/unit/codec/test_digest.c
tests_unit_codec_test_digest_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/codec/test_tar
tests_unit_codec_test_tar_SOURCES = tests/unit/codec/test_tar.c
tests_unit_codec_test_tar_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/codec/test_tar_read
tests_unit_codec_test_tar_read_SOURCES = tests/unit/codec/test_tar_read.c
tests_unit_codec_test_tar_read_LDADD = $(unit_ldadd)
