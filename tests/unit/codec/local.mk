# Files of tests/unit/codec/
UNIT_TESTS += tests/unit/codec/test_json
tests_unit_codec_test_json_SOURCES = tests/unit/codec/test_json.c
tests_unit_codec_test_json_LDADD = $(unit_ldadd)
