# Files of tests/unit/git/
git_fixture = tests/unit/git/fixture.c tests/unit/git/fixture.h
UNIT_TESTS += tests/unit/git/test_repository
tests_unit_git_test_repository_SOURCES = tests/unit/git/test_repository.c $(git_fixture)
tests_unit_git_test_repository_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/git/test_commit
tests_unit_git_test_commit_SOURCES = tests/unit/git/test_commit.c $(git_fixture)
tests_unit_git_test_commit_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/git/test_tree
tests_unit_git_test_tree_SOURCES = tests/unit/git/test_tree.c $(git_fixture)
tests_unit_git_test_tree_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/git/test_blob
tests_unit_git_test_blob_SOURCES = tests/unit/git/test_blob.c $(git_fixture)
tests_unit_git_test_blob_LDADD = $(unit_ldadd)
