/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <stdio.h>

#include "base/buf.h"
#include "git/log.h"

/* Merges, equal dates and clocks that go back; the same each time. */
static int make_history(void **state)
{
	if (fixture_start(state))
		return -1;
	fixture_run(
		"git init -q r; cd r; tree=$(git mktree </dev/null); n=0; random=1; all=;"
		"export GIT_COMMITTER_DATE;"
		"pick() { random=$(((random * 1103515245 + 12345) %% 2147483648)); };"
		"while [ $n -lt 80 ]; do parents=;"
		"  for turn in 1 2; do pick; back=$((random / 1024 %% 6 + 1));"
		"    [ $turn = 2 ] && [ $((random / 65536 %% 3)) != 0 ] && continue;"
		"    [ $back -le $n ] && parents=\"$parents -p $(git rev-parse c$((n - back)))\";"
		"  done; pick;"
		"  GIT_COMMITTER_DATE=\"$((1700000000 + n * 10 + random / 4096 %% 60)) +0000\";"
		"  git tag c$n $(git commit-tree $tree $parents -m \"commit $n\" 2>/dev/null);"
		"  n=$((n + 1)); done; git reset -q --hard c79; cd ..;"
		"git clone -q --depth 3 file://$PWD/r shallow 2>/dev/null");
	return 0;
}

/* As `git log --format='%H %s'` prints them. */
static void add_all(struct git_log *log, struct buf *text)
{
	struct error err = { 0 };
	int status = 0;

	do {
		AUTO(commit_release) struct commit commit = { 0 };

		status = git_log_next(log, &commit, &err);
		if (status > 0)
			buf_add_format(text, "%s%s %s", text->len ? "\n" : "", commit.sha,
				       commit.subject);
	} while (status > 0);
	assert_int_equal(status, 0);
}

static void assert_log(const char *name, const char *revision, const char *since)
{
	AUTO(repo_freep) struct git_repo *repo = fixture_open(name);
	AUTO(git_log_freep) struct git_log *log = NULL;
	AUTO(buf_release) struct buf text = BUF_INIT(MIB);
	const char *sha = fixture_output("git -C %s rev-parse %s", name, revision);
	const char *hidden = since ? fixture_output("git -C %s rev-parse %s", name, since) : NULL;
	struct error err = { 0 };

	assert_int_equal(git_log_open(repo, sha, hidden, &log, &err), 0);
	add_all(log, &text);
	assert_string_equal(text.data,
			    fixture_output("git -C %s log --format='%%H %%s' %s %s%s", name,
					   revision, since ? "^" : "", since ? since : ""));
}

static void test_the_order_is_gits(void **state)
{
	(void)state;
	assert_log("r", "c79", NULL);
	assert_log("r", "c50", NULL);
	assert_log("r", "c0", NULL);
}

static void test_what_came_before_is_left_out(void **state)
{
	(void)state;
	for (int i = 0; i < 80; i += 3) {
		char since[8];

		snprintf(since, sizeof(since), "c%d", i);
		assert_log("r", "c79", since);
		assert_log("r", "c60", since);
	}
}

static void test_it_ends_where_a_shallow_clone_does(void **state)
{
	(void)state;
	assert_log("shallow", "HEAD", NULL);
	assert_log("shallow", "HEAD", "HEAD^");
}

static void test_what_is_no_commit_is_said(void **state)
{
	AUTO(repo_freep) struct git_repo *repo = fixture_open("r");
	struct git_log *log;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(git_log_open(repo, "main", NULL, &log, &err), -1);
	assert_string_equal(fixture_error(&err), "input: 'main' is not the full name of an object");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_order_is_gits),
		cmocka_unit_test(test_what_came_before_is_left_out),
		cmocka_unit_test(test_it_ends_where_a_shallow_clone_does),
		cmocka_unit_test(test_what_is_no_commit_is_said),
	};

	return cmocka_run_group_tests(tests, make_history, fixture_end);
}
