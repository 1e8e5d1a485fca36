/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <stdio.h>

#include "base/slice.h"
#include "base/str.h"
#include "git/commit.h"

#define ABSENT "0123456789012345678901234567890123456789"

/* a b (c | d) e f on main, e a merge; x has no parent. c is older than all, so
 * that nothing can lean on dates. */
static int make_history(void **state)
{
	if (fixture_start(state))
		return -1;
	fixture_run("at() { export GIT_COMMITTER_DATE=\"$1 +0000\"; };"
		    "make() { at $1; git commit -q --allow-empty -m \"$2\"; git tag $2; };"
		    "git init -q r; cd r; make 1700000100 a;"
		    "make 1700000200 b; git checkout -q -b side; make 1700000300 d;"
		    "git checkout -q main; make 1600000000 c;"
		    "at 1700000400; git merge -q --no-ff -m e side; git tag e;"
		    "make 1700000500 f; git tag -a -m noted annotated;"
		    "git tag -a -m nested nested annotated 2>/dev/null; git tag tree main^{tree};"
		    "git checkout -q --orphan lonely; make 1700000600 x;"
		    "at 1700000700; git commit -q --allow-empty -m 'one\ntwo\n\nmore'; cd ..;"
		    "git clone -q --depth 2 --branch f file://$PWD/r shallow 2>/dev/null;"
		    "git -C shallow fetch -q --depth 1 origin refs/tags/x:refs/tags/x;"
		    "git init -q unborn; git init -q --bare broken;"
		    "cp -r r/.git/objects r/.git/packed-refs r/.git/refs broken 2>/dev/null || :");
	/* Without b nothing below it can be reached. */
	fixture_run("b=$(git -C r rev-parse b); cd broken/objects; chmod -R u+w .;"
		    "rm $(echo $b | sed 's,^..,&/,')");
	return 0;
}

static const char *sha_of(const char *revision)
{
	if (!strcmp(revision, "absent"))
		return ABSENT;
	return fixture_output("git -C r rev-parse '%s'", revision);
}

static const struct {
	const char *revision;
	const char *expected;
} revisions[] = {
	{ "HEAD", "lonely" }, { "main", "f" },	    { "refs/heads/side", "d" }, { "main~2", "c" },
	{ "main^^2", "d" },   { "annotated", "f" }, { "nested", "f" },		{ ":/c", "c" },
};

static void test_a_revision_is_found_as_git_finds_it(void **state)
{
	AUTO(repo_freep) struct git_repo *repo = fixture_open("r");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(revisions); i++) {
		AUTO(commit_release) struct commit commit = { 0 };
		struct error err = { 0 };

		assert_int_equal(commit_resolve(repo, revisions[i].revision, &commit, &err), 0);
		assert_string_equal(commit.sha, sha_of(revisions[i].expected));
	}
}

static void test_a_commit_is_read_whole(void **state)
{
	AUTO(repo_freep) struct git_repo *repo = fixture_open("r");
	AUTO(commit_release) struct commit commit = { 0 }, prefix = { 0 };
	struct error err = { 0 };
	char seven[8];

	(void)state;
	assert_int_equal(commit_resolve(repo, "lonely", &commit, &err), 0);
	assert_string_equal(commit.sha, sha_of("lonely"));
	assert_string_equal(commit.tree, sha_of("lonely^{tree}"));
	assert_int_equal(commit.time, 1700000700);
	assert_string_equal(commit.subject, fixture_output("git -C r log -1 --format=%%s lonely"));
	snprintf(seven, sizeof(seven), "%.7s", commit.sha);
	assert_int_equal(commit_resolve(repo, seven, &prefix, &err), 0);
	assert_string_equal(prefix.sha, commit.sha);
}

static const struct {
	const char *repository;
	const char *revision;
	const char *error;
	const char *hint;
} unresolved[] = {
	{ "r", "nope", "not-found: no commit 'nope' in the repository", NULL },
	{ "r", ABSENT, "not-found: no commit '" ABSENT "' in the repository", NULL },
	{ "r", "tree", "input: 'tree' is a tree, not a commit", NULL },
	{ "r", "main:", "input: 'main:' is a tree, not a commit", NULL },
	{ "r", "a..b", "input: 'a..b' is no revision", NULL },
	{ "unborn", "HEAD", "input: no commit yet in 'ROOT/unborn'", "'git commit' makes one" },
	{ "shallow", ABSENT, "not-found: no commit '" ABSENT "' in the repository",
	  "the clone is shallow: 'git fetch --unshallow' brings the rest" },
};

static void test_what_is_no_commit_says_why(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(unresolved); i++) {
		AUTO(repo_freep) struct git_repo *repo = fixture_open(unresolved[i].repository);
		struct commit commit;
		struct error err = { 0 };

		assert_int_equal(commit_resolve(repo, unresolved[i].revision, &commit, &err), -1);
		assert_string_equal(fixture_error(&err), fixture_text(unresolved[i].error));
		if (unresolved[i].hint)
			assert_string_equal(error_get_hint(&err), unresolved[i].hint);
		else
			assert_null(error_get_hint(&err));
	}
}

static const struct {
	const char *repository;
	const char *sha, *other;
	enum commit_relation expected;
} relations[] = {
	{ "r", "f", "f", COMMIT_SAME },		  { "r", "f", "a", COMMIT_ANCESTOR },
	{ "r", "f", "c", COMMIT_ANCESTOR },	  { "r", "f", "d", COMMIT_ANCESTOR },
	{ "r", "a", "f", COMMIT_DESCENDANT },	  { "r", "c", "f", COMMIT_DESCENDANT },
	{ "r", "c", "d", COMMIT_DIVERGED },	  { "r", "d", "c", COMMIT_DIVERGED },
	{ "r", "f", "x", COMMIT_UNRELATED },	  { "r", "x", "f", COMMIT_UNRELATED },
	{ "r", "f", "absent", COMMIT_UNKNOWN },	  { "r", "absent", "f", COMMIT_UNKNOWN },
	{ "r", "absent", "absent", COMMIT_SAME }, { "r", "f", "f^{tree}", COMMIT_UNKNOWN },
	{ "shallow", "f", "e", COMMIT_ANCESTOR }, { "shallow", "e", "f", COMMIT_DESCENDANT },
	{ "shallow", "f", "a", COMMIT_UNKNOWN }, /* not fetched */
	{ "shallow", "f", "x", COMMIT_UNKNOWN }, /* below the boundary they may meet */
	{ "broken", "f", "e", COMMIT_ANCESTOR },  { "broken", "f", "d", COMMIT_ANCESTOR },
	{ "broken", "c", "d", COMMIT_DIVERGED }, /* at b, though b is missing */
	{ "broken", "f", "x", COMMIT_UNKNOWN },	  { "broken", "f", "a", COMMIT_UNKNOWN },
	{ "broken", "f", "b", COMMIT_UNKNOWN },
};

static void test_two_commits_relate_or_it_stays_open(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(relations); i++) {
		AUTO(repo_freep) struct git_repo *repo = fixture_open(relations[i].repository);
		enum commit_relation relation;
		struct error err = { 0 };

		assert_int_equal(commit_relate(repo, sha_of(relations[i].sha),
					       sha_of(relations[i].other), &relation, &err),
				 0);
		if (relation != relations[i].expected)
			fail_msg("%s: %s to %s is %d", relations[i].repository, relations[i].other,
				 relations[i].sha, relation);
	}
}

static void test_a_name_that_is_none_relates_to_nothing(void **state)
{
	static const char *const names[] = { "", "f", "0123456", "main", "../../etc" };
	AUTO(repo_freep) struct git_repo *repo = fixture_open("r");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		enum commit_relation relation;
		struct error err = { 0 };

		assert_int_equal(commit_relate(repo, sha_of("f"), names[i], &relation, &err), 0);
		assert_int_equal(relation, COMMIT_UNKNOWN);
	}
}

#define RANDOM_COMMITS 70

static void make_random_history(void)
{
	fixture_run("git init -q random; cd random; awk 'BEGIN {"
		    " srand(7); for (i = 1; i <= %d; i++) {"
		    "  print \"commit refs/heads/c\" i; print \"mark :\" i;"
		    "  print \"committer C <c@example.com> \""
		    "   1600000000 + int(rand() * 20) * 1000 + i \" +0000\";"
		    "  print \"data 2\"; print \"x\"; print \"\";"
		    "  if (i > 4) { a = i - 1 - int(rand() * 6); if (a < 1) a = 1;"
		    "   print \"from :\" a; used = \",\" a \",\";"
		    "   for (n = int(rand() * 2.3); n > 0; n--) {"
		    "    b = i - 1 - int(rand() * 12); if (b < 1) b = 1;"
		    "    if (!index(used, \",\" b \",\")) { print \"merge :\" b;"
		    "     used = used b \",\" } } }"
		    "  print \"\" }"
		    " for (t = 1; t <= 22; t++) { m = 1 + int(rand() * %d);"
		    "  if (rand() < 0.5) { print \"reset refs/tags/l\" t; print \"from :\" m;"
		    "   print \"\" } else { print \"tag a\" t; print \"from :\" m;"
		    "   print \"tagger T <t@example.com> \" 1600000000 + t * 10 \" +0000\";"
		    "   print \"data 2\"; print \"t\"; print \"\" } } }' >stream;"
		    "git fast-import --quiet <stream",
		    RANDOM_COMMITS, RANDOM_COMMITS);
}

static void test_relations_agree_with_git(void **state)
{
	AUTO(repo_freep) struct git_repo *repo = NULL;
	char shas[RANDOM_COMMITS][41];

	(void)state;
	make_random_history();
	repo = fixture_open("random");
	for (int i = 0; i < RANDOM_COMMITS; i++)
		snprintf(shas[i], sizeof(shas[i]), "%s",
			 fixture_output("git -C random rev-parse c%d", i + 1));
	for (int i = 0; i < RANDOM_COMMITS; i += 3) {
		const char *ancestors = fixture_output("git -C random rev-list c%d", i + 1);

		for (int j = 0; j < RANDOM_COMMITS; j++) {
			enum commit_relation there, back;
			struct error err = { 0 };

			assert_int_equal(commit_relate(repo, shas[i], shas[j], &there, &err), 0);
			assert_int_equal(commit_relate(repo, shas[j], shas[i], &back, &err), 0);
			assert_int_equal(there == COMMIT_SAME, i == j);
			assert_int_equal(there == COMMIT_SAME || there == COMMIT_ANCESTOR,
					 strstr(ancestors, shas[j]) != NULL);
			assert_int_equal(there == COMMIT_ANCESTOR, back == COMMIT_DESCENDANT);
			assert_int_equal(there == COMMIT_DIVERGED, back == COMMIT_DIVERGED);
		}
	}
}

static void assert_described_as_git_does(const char *repository, const char *revision)
{
	AUTO(repo_freep) struct git_repo *repo = fixture_open(repository);
	AUTOFREE char *tag = NULL;
	struct error err = { 0 };
	const char *expected = fixture_output(
		"git -C %s describe --tags --abbrev=7 '%s' 2>/dev/null || :", repository, revision);
	const char *sha = fixture_output("git -C %s rev-parse '%s'", repository, revision);

	assert_int_equal(commit_nearest_tag(repo, sha, &tag, &err), 0);
	if (strcmp(tag ? tag : "", expected))
		fail_msg("%s %s: '%s', git says '%s'", repository, revision, tag, expected);
}

static void test_the_nearest_tag_is_the_one_git_describes(void **state)
{
	static const struct {
		const char *repository;
		const char *revision;
	} described[] = {
		{ "r", "a" },		{ "r", "lonely" },	   { "r", "main" },
		{ "shallow", "HEAD" },	{ "shallow", "HEAD^" },	   { "later", "HEAD" },
		{ "untagged", "HEAD" }, { "lightweight", "HEAD" },
	};

	(void)state;
	fixture_run("git clone -q r later; cd later; git checkout -q -b next origin/main;"
		    "git commit -q --allow-empty -m g; git commit -q --allow-empty -m h; cd ..;"
		    "git clone -q --no-tags r untagged; cp -r untagged lightweight;"
		    "cd lightweight; git tag v1; git commit -q --allow-empty -m 2; git tag v2;"
		    "git tag v1.9 HEAD; git commit -q --allow-empty -m 3");
	for (size_t i = 0; i < ARRAY_SIZE(described); i++)
		assert_described_as_git_does(described[i].repository, described[i].revision);
	for (int i = 1; i <= RANDOM_COMMITS; i++) {
		char revision[16];

		snprintf(revision, sizeof(revision), "c%d", i);
		assert_described_as_git_does("random", revision);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_revision_is_found_as_git_finds_it),
		cmocka_unit_test(test_a_commit_is_read_whole),
		cmocka_unit_test(test_what_is_no_commit_says_why),
		cmocka_unit_test(test_two_commits_relate_or_it_stays_open),
		cmocka_unit_test(test_a_name_that_is_none_relates_to_nothing),
		cmocka_unit_test(test_relations_agree_with_git),
		cmocka_unit_test(test_the_nearest_tag_is_the_one_git_describes),
	};

	return cmocka_run_group_tests(tests, make_history, fixture_end);
}
