# Files of tests/unit/engine/
engine_peer = tests/unit/engine/peer.c tests/unit/engine/peer.h
engine_stamping = tests/unit/engine/stamping.c tests/unit/engine/stamping.h $(engine_peer)
UNIT_TESTS += tests/unit/engine/test_stream
tests_unit_engine_test_stream_SOURCES = tests/unit/engine/test_stream.c
tests_unit_engine_test_stream_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/engine/test_connect
tests_unit_engine_test_connect_SOURCES = tests/unit/engine/test_connect.c $(engine_peer)
tests_unit_engine_test_connect_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/engine/test_image
tests_unit_engine_test_image_SOURCES = tests/unit/engine/test_image.c $(engine_peer)
tests_unit_engine_test_image_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/engine/test_pull
tests_unit_engine_test_pull_SOURCES = tests/unit/engine/test_pull.c $(engine_peer)
tests_unit_engine_test_pull_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/engine/test_buildkit_address
tests_unit_engine_test_buildkit_address_SOURCES = tests/unit/engine/test_buildkit_address.c
tests_unit_engine_test_buildkit_address_LDADD = $(unit_ldadd)
engine_layout = tests/unit/engine/layout-sample.c tests/unit/engine/layout-sample.h
UNIT_TESTS += tests/unit/engine/test_load
tests_unit_engine_test_load_SOURCES = tests/unit/engine/test_load.c $(engine_layout) $(engine_peer)
tests_unit_engine_test_load_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/engine/test_layout
tests_unit_engine_test_layout_SOURCES = tests/unit/engine/test_layout.c $(engine_layout)
tests_unit_engine_test_layout_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/engine/test_layout_faults
tests_unit_engine_test_layout_faults_SOURCES = \
	tests/unit/engine/test_layout_faults.c $(engine_layout)
tests_unit_engine_test_layout_faults_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/engine/test_layout_import
tests_unit_engine_test_layout_import_SOURCES = \
	tests/unit/engine/test_layout_import.c $(engine_layout)
tests_unit_engine_test_layout_import_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/engine/test_container
tests_unit_engine_test_container_SOURCES = tests/unit/engine/test_container.c $(engine_peer)
tests_unit_engine_test_container_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/engine/test_build
tests_unit_engine_test_build_SOURCES = tests/unit/engine/test_build.c $(engine_peer) $(git_fixture)
tests_unit_engine_test_build_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/engine/test_stamp
tests_unit_engine_test_stamp_SOURCES = tests/unit/engine/test_stamp.c $(engine_stamping)
tests_unit_engine_test_stamp_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/engine/test_stamp_buildkit
tests_unit_engine_test_stamp_buildkit_SOURCES = tests/unit/engine/test_stamp_buildkit.c \
	$(engine_stamping)
tests_unit_engine_test_stamp_buildkit_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/engine/test_fsutil
tests_unit_engine_test_fsutil_SOURCES = tests/unit/engine/test_fsutil.c $(git_fixture)
tests_unit_engine_test_fsutil_LDADD = $(unit_ldadd)
if WITH_BUILDKIT
UNIT_TESTS += tests/unit/engine/test_buildkitd
tests_unit_engine_test_buildkitd_SOURCES = tests/unit/engine/test_buildkitd.c $(engine_layout)
tests_unit_engine_test_buildkitd_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/engine/test_content
tests_unit_engine_test_content_SOURCES = tests/unit/engine/test_content.c
tests_unit_engine_test_content_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/engine/test_services
tests_unit_engine_test_services_SOURCES = tests/unit/engine/test_services.c
tests_unit_engine_test_services_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/engine/test_filesync
tests_unit_engine_test_filesync_SOURCES = tests/unit/engine/test_filesync.c $(git_fixture)
tests_unit_engine_test_filesync_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/engine/test_solve
tests_unit_engine_test_solve_SOURCES = tests/unit/engine/test_solve.c $(git_fixture)
tests_unit_engine_test_solve_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/engine/test_buildkit
tests_unit_engine_test_buildkit_SOURCES = tests/unit/engine/test_buildkit.c \
	tests/unit/engine/daemon.c tests/unit/engine/daemon.h \
	tests/unit/engine/daemon-questions.c $(engine_peer) $(git_fixture)
tests_unit_engine_test_buildkit_LDADD = $(unit_ldadd)
endif
UNIT_TESTS += tests/unit/engine/test_status
tests_unit_engine_test_status_SOURCES = tests/unit/engine/test_status.c
tests_unit_engine_test_status_LDADD = $(unit_ldadd)
engine_export = tests/unit/engine/export-sample.c tests/unit/engine/export-sample.h
UNIT_TESTS += tests/unit/engine/test_export
tests_unit_engine_test_export_SOURCES = tests/unit/engine/test_export.c \
	$(engine_export) $(engine_peer)
tests_unit_engine_test_export_LDADD = $(unit_ldadd)
