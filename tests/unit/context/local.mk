# Files of tests/unit/context/
context_listing = tests/unit/context/listing.c tests/unit/context/listing.h $(git_fixture)
UNIT_TESTS += tests/unit/context/test_context
tests_unit_context_test_context_SOURCES = tests/unit/context/test_context.c $(context_listing)
tests_unit_context_test_context_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/context/test_dockerfile
tests_unit_context_test_dockerfile_SOURCES = tests/unit/context/test_dockerfile.c
tests_unit_context_test_dockerfile_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/context/test_dockerignore
tests_unit_context_test_dockerignore_SOURCES = tests/unit/context/test_dockerignore.c
tests_unit_context_test_dockerignore_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/context/test_worktree
tests_unit_context_test_worktree_SOURCES = tests/unit/context/test_worktree.c $(context_listing)
tests_unit_context_test_worktree_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/context/test_files
tests_unit_context_test_files_SOURCES = tests/unit/context/test_files.c $(git_fixture)
tests_unit_context_test_files_LDADD = $(unit_ldadd)
