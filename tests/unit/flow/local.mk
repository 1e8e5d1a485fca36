# Files of tests/unit/flow/
UNIT_TESTS += tests/unit/flow/test_settings
tests_unit_flow_test_settings_SOURCES = tests/unit/flow/test_settings.c
tests_unit_flow_test_settings_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/flow/test_settings_refused
tests_unit_flow_test_settings_refused_SOURCES = tests/unit/flow/test_settings_refused.c
tests_unit_flow_test_settings_refused_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/flow/test_folder_files
tests_unit_flow_test_folder_files_SOURCES = tests/unit/flow/test_folder_files.c $(git_fixture)
tests_unit_flow_test_folder_files_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/flow/test_known
tests_unit_flow_test_known_SOURCES = tests/unit/flow/test_known.c \
	tests/unit/registry/peer.c tests/unit/registry/peer.h
tests_unit_flow_test_known_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/flow/test_blobs
tests_unit_flow_test_blobs_SOURCES = tests/unit/flow/test_blobs.c \
	tests/unit/registry/peer.c tests/unit/registry/peer.h
tests_unit_flow_test_blobs_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/flow/test_ahead
tests_unit_flow_test_ahead_SOURCES = tests/unit/flow/test_ahead.c \
	tests/unit/registry/documents.h \
	tests/unit/registry/peer.c tests/unit/registry/peer.h
tests_unit_flow_test_ahead_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/flow/test_latest
tests_unit_flow_test_latest_SOURCES = tests/unit/flow/test_latest.c $(flow_world)
tests_unit_flow_test_latest_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/flow/test_promises
flow_world = tests/unit/flow/world.c tests/unit/flow/world.h \
	tests/unit/flow/fake_engine.c tests/unit/flow/fake_engine.h
tests_unit_flow_test_promises_SOURCES = tests/unit/flow/test_promises.c $(flow_world)
tests_unit_flow_test_promises_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/flow/test_mount
tests_unit_flow_test_mount_SOURCES = tests/unit/flow/test_mount.c $(flow_world) \
	tests/unit/registry/peer.c tests/unit/registry/peer.h
tests_unit_flow_test_mount_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/flow/test_hold
tests_unit_flow_test_hold_SOURCES = tests/unit/flow/test_hold.c $(flow_world)
tests_unit_flow_test_hold_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/flow/test_secrets
tests_unit_flow_test_secrets_SOURCES = tests/unit/flow/test_secrets.c
tests_unit_flow_test_secrets_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/flow/test_platforms
tests_unit_flow_test_platforms_SOURCES = tests/unit/flow/test_platforms.c $(flow_world)
tests_unit_flow_test_platforms_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/flow/test_upload
tests_unit_flow_test_upload_SOURCES = tests/unit/flow/test_upload.c \
	tests/unit/registry/documents.h \
	tests/unit/registry/peer.c tests/unit/registry/peer.h
tests_unit_flow_test_upload_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/flow/test_forward
tests_unit_flow_test_forward_SOURCES = tests/unit/flow/test_forward.c \
	tests/unit/flow/arena.c tests/unit/flow/arena.h $(flow_world)
tests_unit_flow_test_forward_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/flow/test_tags
tests_unit_flow_test_tags_SOURCES = tests/unit/flow/test_tags.c $(flow_world)
tests_unit_flow_test_tags_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/flow/test_tag_template
tests_unit_flow_test_tag_template_SOURCES = tests/unit/flow/test_tag_template.c
tests_unit_flow_test_tag_template_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/flow/test_direct
tests_unit_flow_test_direct_SOURCES = tests/unit/flow/test_direct.c \
	tests/unit/flow/shelf.c tests/unit/flow/shelf.h \
	tests/unit/engine/export-sample.c tests/unit/engine/export-sample.h
tests_unit_flow_test_direct_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/flow/test_resolve
tests_unit_flow_test_resolve_SOURCES = tests/unit/flow/test_resolve.c \
	tests/unit/registry/documents.h \
	tests/unit/registry/peer.c tests/unit/registry/peer.h
tests_unit_flow_test_resolve_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/flow/test_publish
tests_unit_flow_test_publish_SOURCES = tests/unit/flow/test_publish.c \
	tests/unit/registry/documents.h \
	tests/unit/registry/peer.c tests/unit/registry/peer.h
tests_unit_flow_test_publish_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/flow/test_unfinished
tests_unit_flow_test_unfinished_SOURCES = tests/unit/flow/test_unfinished.c $(flow_world)
tests_unit_flow_test_unfinished_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/flow/test_key
tests_unit_flow_test_key_SOURCES = tests/unit/flow/test_key.c $(flow_world) \
	tests/unit/registry/peer.c tests/unit/registry/peer.h
tests_unit_flow_test_key_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/flow/test_lookup
tests_unit_flow_test_lookup_SOURCES = tests/unit/flow/test_lookup.c $(flow_world)
tests_unit_flow_test_lookup_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/flow/test_retest
tests_unit_flow_test_retest_SOURCES = tests/unit/flow/test_retest.c $(flow_world)
tests_unit_flow_test_retest_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/flow/test_crew
tests_unit_flow_test_crew_SOURCES = tests/unit/flow/test_crew.c $(flow_world)
tests_unit_flow_test_crew_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/flow/test_ensure
tests_unit_flow_test_ensure_SOURCES = tests/unit/flow/test_ensure.c $(flow_world)
tests_unit_flow_test_ensure_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/flow/test_parents
tests_unit_flow_test_parents_SOURCES = tests/unit/flow/test_parents.c $(flow_world) \
	tests/unit/registry/documents.h \
	tests/unit/registry/peer.c tests/unit/registry/peer.h
tests_unit_flow_test_parents_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/flow/test_graph
flow_scene = tests/unit/flow/scene.c tests/unit/flow/scene.h $(flow_world)
tests_unit_flow_test_graph_SOURCES = tests/unit/flow/test_graph.c $(flow_scene)
tests_unit_flow_test_graph_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/flow/test_graph_write
tests_unit_flow_test_graph_write_SOURCES = tests/unit/flow/test_graph_write.c $(flow_scene)
tests_unit_flow_test_graph_write_LDADD = $(unit_ldadd)
load_all = tests/unit/flow/load-all.c tests/unit/flow/load-all.h $(scratch) $(packed)
UNIT_TESTS += tests/unit/flow/test_load_layout
tests_unit_flow_test_load_layout_SOURCES = tests/unit/flow/test_load_layout.c $(load_all)
tests_unit_flow_test_load_layout_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/flow/test_load_archive
tests_unit_flow_test_load_archive_SOURCES = tests/unit/flow/test_load_archive.c $(load_all)
tests_unit_flow_test_load_archive_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/flow/test_index
tests_unit_flow_test_index_SOURCES = tests/unit/flow/test_index.c $(flow_world)
tests_unit_flow_test_index_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/flow/test_why
tests_unit_flow_test_why_SOURCES = tests/unit/flow/test_why.c
tests_unit_flow_test_why_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/flow/test_record
tests_unit_flow_test_record_SOURCES = tests/unit/flow/test_record.c $(git_fixture)
tests_unit_flow_test_record_LDADD = $(unit_ldadd)
