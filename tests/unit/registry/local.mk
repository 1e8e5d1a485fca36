# Files of tests/unit/registry/
registry_scenes = \
	tests/unit/registry/documents.h \
	tests/unit/registry/peer.c tests/unit/registry/peer.h \
	tests/unit/registry/scene.c tests/unit/registry/scene.h
UNIT_TESTS += tests/unit/registry/test_registry
tests_unit_registry_test_registry_SOURCES = tests/unit/registry/test_registry.c $(registry_scenes)
tests_unit_registry_test_registry_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/registry/test_authorization
tests_unit_registry_test_authorization_SOURCES = \
	tests/unit/registry/test_authorization.c $(registry_scenes)
tests_unit_registry_test_authorization_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/registry/test_challenge
tests_unit_registry_test_challenge_SOURCES = tests/unit/registry/test_challenge.c
tests_unit_registry_test_challenge_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/registry/test_certificates
tests_unit_registry_test_certificates_SOURCES = tests/unit/registry/test_certificates.c
tests_unit_registry_test_certificates_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/registry/test_blob
tests_unit_registry_test_blob_SOURCES = tests/unit/registry/test_blob.c $(registry_scenes)
tests_unit_registry_test_blob_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/registry/test_blobs
tests_unit_registry_test_blobs_SOURCES = tests/unit/registry/test_blobs.c
tests_unit_registry_test_blobs_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/registry/test_exists
tests_unit_registry_test_exists_SOURCES = tests/unit/registry/test_exists.c $(registry_scenes)
tests_unit_registry_test_exists_LDADD = $(unit_ldadd)
store_scene = tests/unit/registry/store-scene.c tests/unit/registry/store-scene.h \
	tests/unit/registry/documents.h $(scratch)
UNIT_TESTS += tests/unit/registry/test_store
tests_unit_registry_test_store_SOURCES = tests/unit/registry/test_store.c $(store_scene)
tests_unit_registry_test_store_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/registry/test_store_archive
tests_unit_registry_test_store_archive_SOURCES = tests/unit/registry/test_store_archive.c \
	$(store_scene) $(packed)
tests_unit_registry_test_store_archive_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/registry/test_stream
tests_unit_registry_test_stream_SOURCES = tests/unit/registry/test_stream.c $(registry_scenes)
tests_unit_registry_test_stream_LDADD = $(unit_ldadd)
