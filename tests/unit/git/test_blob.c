/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <stdio.h>
#include <unistd.h>

#include "base/process.h"
#include "base/str.h"
#include "git/blob.h"

#define LARGE "$((8 * 1024 * 1024 + 5))" /* just over what is read at once */

/* The same large file loose, packed whole, packed as a delta, and in an
 * alternate; a missing one beside them. */
static int make_blobs(void **state)
{
	if (fixture_start(state))
		return -1;
	fixture_run("make() { perl -e 'srand 1; for (1..2049) {"
		    " print pack \"N*\", map { rand 2 ** 32 } 1..1024 }' |"
		    " head -c " LARGE "; }; git init -q loose; cd loose;"
		    "git config core.bigFileThreshold 1g; git config core.compression 0;"
		    "make >large; (make; echo end) >changed; head -c 100000 large >middle;"
		    ": >empty; printf 'small\\n' >small; ln -s small link;"
		    "git add .; git commit -q -m 1; cd ..; cp -r loose delta;"
		    "git -C delta repack -q -a -d --window=50; cp -r loose whole;"
		    "git -C whole -c core.bigFileThreshold=1m repack -q -a -d;"
		    "git clone -q --bare --shared loose alternate; cp -r loose missing;"
		    "cd missing; rm -f .git/objects/$(git rev-parse HEAD:large | sed 's,..,&/,')");
	fixture_run("cd delta; git verify-pack -v .git/objects/pack/*.idx | awk 'NF == 7' |"
		    " grep -q \"$(git rev-parse HEAD:large)\"");
	return 0;
}

static const char *oid_of(const char *path)
{
	return fixture_output("git -C loose rev-parse 'HEAD:%s'", path);
}

/* Reads in pieces of `piece` bytes into a file, which must be the blob. */
static void assert_streams(struct git_repo *repo, const char *path, size_t piece)
{
	AUTO(blob_stream_freep) struct blob_stream *stream = NULL;
	AUTOFREE char *data = malloc(piece);
	struct error err = { 0 };
	int64_t size, total = 0;
	ssize_t len;
	FILE *out;

	out = fopen(fixture_text("ROOT/out"), "w");
	assert_non_null(out);
	if (blob_open(repo, oid_of(path), &stream, &size, &err))
		fail_msg("%s: %s", path, err.message);
	while ((len = blob_stream_read(stream, data, piece, &err)) > 0) {
		total += len;
		assert_int_equal(fwrite(data, 1, (size_t)len, out), len);
	}
	assert_int_equal(fclose(out), 0);
	assert_int_equal(len, 0);
	assert_int_equal(blob_stream_read(stream, data, piece, &err), 0);
	assert_int_equal(total, size);
	fixture_run("git -C loose cat-file blob HEAD:%s | cmp - out", path);
}

static void test_a_blob_streams_wherever_it_is_stored(void **state)
{
	static const char *const repositories[] = { "loose", "delta", "whole", "alternate" };
	static const char *const paths[] = { "large",  "changed", "empty", "small",
					     "middle", "link",	  "large" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(repositories); i++) {
		AUTO(repo_freep) struct git_repo *repo = fixture_open(repositories[i]);

		for (size_t j = 0; j < ARRAY_SIZE(paths); j++)
			assert_streams(repo, paths[j], j ? LIMIT_CHUNK : 8191);
	}
}

static void test_streams_may_be_left_and_be_two_at_once(void **state)
{
	AUTO(repo_freep) struct git_repo *repo = fixture_open("loose");
	struct error err = { 0 };
	char data[100];

	(void)state;
	for (int i = 0; i < 2; i++) {
		AUTO(blob_stream_freep) struct blob_stream *left = NULL;
		int64_t size;

		assert_int_equal(blob_open(repo, oid_of("large"), &left, &size, &err), 0);
		assert_int_equal(size, 8 * 1024 * 1024 + 5);
		assert_int_equal(blob_stream_read(left, data, sizeof(data), &err), sizeof(data));
		assert_streams(repo, "changed", LIMIT_CHUNK);
		assert_streams(repo, "small", 1);
	}
	assert_streams(repo, "large", LIMIT_CHUNK);
}

static void test_without_git_memory_must_do(void **state)
{
	AUTO(repo_freep) struct git_repo *repo = fixture_open("whole");
	AUTO(blob_stream_freep) struct blob_stream *stream = NULL;
	AUTOFREE char *path = NULL;
	struct error err = { 0 };
	const char *oid = oid_of("large");
	char data[100];
	int64_t size;
	int status;

	(void)state;
	path = str_copy(getenv("PATH"), &err);
	setenv("PATH", fixture_root(), 1);
	status = blob_open(repo, oid, &stream, &size, &err);
	setenv("PATH", path, 1);
	assert_int_equal(status, 0);
	assert_int_equal(blob_stream_read(stream, data, sizeof(data), &err), sizeof(data));
}

static void test_a_small_blob_is_read_at_once(void **state)
{
	AUTO(repo_freep) struct git_repo *repo = fixture_open("loose");
	AUTO(buf_release) struct buf content = BUF_INIT(6), small = BUF_INIT(5);
	struct error err = { 0 };

	(void)state;
	assert_int_equal(blob_read(repo, oid_of("small"), &content, &err), 0);
	assert_string_equal(content.data, "small\n");
	assert_int_equal(blob_read(repo, oid_of("small"), &small, &err), -1);
	assert_string_equal(fixture_error(&err), "input: it has 6 bytes, 5 are allowed");
}

static void test_the_size_is_known_without_the_content(void **state)
{
	AUTO(repo_freep) struct git_repo *repo = fixture_open("delta");
	struct error err = { 0 };
	int64_t size;

	(void)state;
	assert_int_equal(blob_size(repo, oid_of("changed"), &size, &err), 0);
	assert_int_equal(size, 8 * 1024 * 1024 + 9);
	assert_int_equal(blob_size(repo, oid_of(""), &size, &err), -1);
	assert_non_null(strstr(err.message, " is a tree, not the content of a file"));
}

static void test_a_missing_blob_comes_with_the_mend(void **state)
{
	AUTO(repo_freep) struct git_repo *repo = fixture_open("missing");
	AUTO(blob_stream_freep) struct blob_stream *stream = NULL;
	const char *oid = oid_of("large");
	struct error err = { 0 };
	char expected[128];
	int64_t size;

	(void)state;
	assert_int_equal(blob_open(repo, oid, &stream, &size, &err), -1);
	snprintf(expected, sizeof(expected), "input: object %s is not in the repository", oid);
	assert_string_equal(fixture_error(&err), expected);
	assert_non_null(strstr(error_get_hint(&err), "git fetch --refetch"));
}

/* The mends that the hints promise, on a partial clone and a broken one. */
static void test_the_mends_mend(void **state)
{
	struct error err = { 0 };
	int64_t size;

	(void)state;
	fixture_run("git -C whole config uploadpack.allowFilter true;"
		    "git clone -q --bare --filter=blob:none file://$PWD/whole partial;"
		    "git -C missing remote add origin file://$PWD/whole");
	for (int i = 0; i < 2; i++) {
		const char *name = i ? "missing" : "partial";
		AUTO(repo_freep) struct git_repo *before = fixture_open(name), *after = NULL;

		assert_int_equal(blob_size(before, oid_of("large"), &size, &err), -1);
		fixture_run("git -C %s fetch -q --refetch %s", name, i ? "" : "--no-filter");
		after = fixture_open(name);
		assert_int_equal(blob_size(after, oid_of("large"), &size, &err), 0);
	}
}

/* A hook that receives a push sees new objects in a folder of their own. */
static void test_objects_in_quarantine_are_found(void **state)
{
	AUTO(repo_freep) struct git_repo *repo = NULL;

	(void)state;
	fixture_run("git init -q --bare receiver; mkdir empty-objects");
	setenv("GIT_OBJECT_DIRECTORY", fixture_text("ROOT/empty-objects"), 1);
	setenv("GIT_ALTERNATE_OBJECT_DIRECTORIES",
	       fixture_text("ROOT/nowhere:ROOT/whole/.git/objects"), 1);
	repo = fixture_open("receiver");
	process_scrub_environment();
	assert_streams(repo, "small", LIMIT_CHUNK);
	assert_streams(repo, "large", LIMIT_CHUNK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_blob_streams_wherever_it_is_stored),
		cmocka_unit_test(test_streams_may_be_left_and_be_two_at_once),
		cmocka_unit_test(test_without_git_memory_must_do),
		cmocka_unit_test(test_a_small_blob_is_read_at_once),
		cmocka_unit_test(test_the_size_is_known_without_the_content),
		cmocka_unit_test(test_a_missing_blob_comes_with_the_mend),
		cmocka_unit_test(test_the_mends_mend),
		cmocka_unit_test(test_objects_in_quarantine_are_found),
	};

	return cmocka_run_group_tests(tests, make_blobs, fixture_end);
}
