/* SPDX-License-Identifier: MIT */
/* What BuildKit is asked for, field by field, and what it answers. */
#include "../git/fixture.h"

#include "base/buf.h"
#include "codec/protobuf.h"
#include "context/context.h"
#include "engine/build/solve.h"
#include "git/commit.h"

static struct context *open_context(struct git_repo *repo)
{
	struct context *context = NULL;
	struct commit commit = { 0 };
	struct error err = { 0 };

	assert_int_equal(commit_resolve(repo, "HEAD", &commit, &err), 0);
	assert_int_equal(context_open(&(struct context_options){ .repo = repo,
								 .commit_sha = commit.sha,
								 .tree_sha = commit.tree },
				      &context, &err),
			 0);
	commit_release(&commit);
	return context;
}

/* "NUMBER TEXT", "NUMBER{...}" for the messages that requests hold. */
static void list(struct slice rest, const char *messages, struct buf *text)
{
	struct protobuf_field field;
	struct error err = { 0 };

	while (protobuf_next(&rest, &field, &err) > 0) {
		assert_int_equal(field.type, PROTOBUF_BYTES);
		buf_add_format(text, "%u", field.number);
		if (strchr(messages, (char)('0' + field.number))) {
			buf_add_char(text, '{');
			list(field.bytes,
			     field.number == 8	 ? "4"
			     : field.number == 4 ? "2"
						 : "",
			     text);
			buf_add_text(text, "}\n");
		} else {
			buf_add_format(text, " %.*s;", (int)field.bytes.len, field.bytes.data);
		}
	}
	assert_string_equal(fixture_error(&err), "");
}

static void check(const struct solve *solve, const char *expected)
{
	AUTO(buf_release) struct buf request = BUF_INIT(64 * KIB), text = BUF_INIT(64 * KIB);

	solve_put_request(&request, solve);
	assert_false(request.has_failed);
	list(buf_slice(&request), "78", &text);
	assert_string_equal(text.data, expected);
}

static void test_the_least(void **state)
{
	AUTO(repo_freep) struct git_repo *repo = fixture_open("r");
	AUTO(context_freep) struct context *context = open_context(repo);
	struct engine_build build = { .context = context };

	(void)state;
	check(&(struct solve){ .build = &build, .ref = "a", .session = "b", .exporter = "moby" },
	      "1 a;3 moby;5 b;6 dockerfile.v0;7{1 filename;2 Dockerfile;}\n"
	      "7{1 image-resolve-mode;2 local;}\n");
}

static void test_everything(void **state)
{
	AUTO(repo_freep) struct git_repo *repo = fixture_open("r");
	AUTO(context_freep) struct context *context = open_context(repo);
	AUTO(strmap_release) struct strmap args = { 0 }, labels = { 0 }, attrs = { 0 };
	struct error err = { 0 };
	const struct engine_cache cache = { .type = "registry", .attrs = &attrs };
	const struct engine_cache *const exported[] = { &cache };
	struct engine_build build = { .context = context,
				      .build_args = &args,
				      .labels = &labels,
				      .target = "t",
				      .platform = "linux/arm64",
				      .cache_from = &cache,
				      .cache_from_count = 1,
				      .content_label_value = "r/app",
				      .no_cache = true,
				      .pull = true };

	(void)state;
	assert_int_equal(strmap_set(&args, "A", "b c", &err), 0);
	assert_int_equal(strmap_set(&labels, "l", "", &err), 0);
	assert_int_equal(strmap_set(&attrs, "ref", "r/cache:\"x\"", &err), 0);
	check(&(struct solve){ .build = &build,
			       .ref = "a",
			       .session = "b",
			       .exporter = "moby",
			       .cache_to = exported,
			       .cache_to_count = 1 },
	      "1 a;3 moby;5 b;6 dockerfile.v0;7{1 filename;2 Dockerfile;}\n7{1 target;2 t;}\n"
	      "7{1 platform;2 linux/arm64;}\n7{1 no-cache;2 ;}\n7{1 image-resolve-mode;2 pull;}\n"
	      "7{1 build-arg:A;2 b c;}\n7{1 label:l;2 ;}\n7{1 label:git-image.content;2 r/app;}\n"
	      "7{1 cache-imports;2 "
	      "[{\"Type\":\"registry\",\"Attrs\":{\"ref\":\"r/cache:\\\"x\\\"\"}}];}\n"
	      "8{4{1 registry;2{1 ref;2 r/cache:\"x\";}\n}\n}\n");
}

static void test_answers(void **state)
{
	static const char good[] = "\x0a\x05\x0a\x01\x61\x12\x00\x12\x01x\x0a\x0a\x0a\x03"
				   "b.c\x12\x03"
				   "d\ne";
	static const char cut[] = "\x0a\x05\x0a\x01\x61\x12\x07";
	AUTO(strmap_release) struct strmap response = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(
		solve_read_response((struct slice){ good, sizeof(good) - 1 }, &response, &err), 0);
	assert_int_equal(response.len, 2);
	assert_string_equal(strmap_get(&response, "a"), "");
	assert_string_equal(strmap_get(&response, "b.c"), "d\ne");
	assert_int_equal(
		solve_read_response((struct slice){ cut, sizeof(cut) - 1 }, &response, &err), -1);
	assert_int_equal(err.kind, ERROR_PROTOCOL);
}

static int setup(void **state)
{
	if (fixture_start(state))
		return -1;
	fixture_run("git init -q r && cd r && echo FROM scratch >Dockerfile && git add -A && "
		    "git commit -qm one");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_least),
		cmocka_unit_test(test_everything),
		cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests_name("engine/solve", tests, setup, fixture_end);
}
