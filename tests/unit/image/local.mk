# Files of tests/unit/image/
UNIT_TESTS += tests/unit/image/test_reference
tests_unit_image_test_reference_SOURCES = tests/unit/image/test_reference.c
tests_unit_image_test_reference_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/image/test_manifest
tests_unit_image_test_manifest_SOURCES = tests/unit/image/test_manifest.c
tests_unit_image_test_manifest_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/image/test_config
tests_unit_image_test_config_SOURCES = tests/unit/image/test_config.c
tests_unit_image_test_config_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/image/test_index
tests_unit_image_test_index_SOURCES = tests/unit/image/test_index.c
tests_unit_image_test_index_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/image/test_manifest_write
tests_unit_image_test_manifest_write_SOURCES = tests/unit/image/test_manifest_write.c
tests_unit_image_test_manifest_write_LDADD = $(unit_ldadd)
