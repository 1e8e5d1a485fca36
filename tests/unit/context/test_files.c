/* SPDX-License-Identifier: MIT */
#include "../git/fixture.h"

#include "base/str.h"
#include "context/files.h"
#include "git/commit.h"

/* A context and what is asked of it; lists are words. */
struct request {
	struct context_options context;
	const char *folder; /* NULL: the context */
	const char *follow, *include, *exclude;
	bool uses_builtin_frontend;
};

static struct context *open_context(struct git_repo *repo, struct context_options options,
				    struct error *err)
{
	struct context *context = NULL;
	struct commit commit = { 0 };

	assert_int_equal(commit_resolve(repo, "HEAD", &commit, err), 0);
	options.repo = repo;
	options.commit_sha = commit.sha;
	options.tree_sha = commit.tree;
	if (context_open(&options, &context, err))
		assert_null(context);
	commit_release(&commit);
	return context;
}

static void add_words(struct strv *list, const char *text)
{
	struct slice rest = slice_of(text), word;
	struct error err = { 0 };

	while (slice_cut(&rest, ' ', &word))
		assert_int_equal(strv_add_slice(list, word, &err), 0);
}

static struct context_files *open_files(const struct context *context,
					const struct request *request, struct error *err)
{
	AUTO(strv_release) struct strv follow = { 0 };
	AUTO(strv_release) struct strv include = { 0 };
	AUTO(strv_release) struct strv exclude = { 0 };
	struct context_files *files = NULL;
	struct context_files_options options = {
		.folder = request->folder ? request->folder : CONTEXT_FILES_CONTEXT,
		.follow = &follow,
		.include = &include,
		.exclude = &exclude,
		.uses_builtin_frontend = request->uses_builtin_frontend,
	};

	add_words(&follow, request->follow);
	add_words(&include, request->include);
	add_words(&exclude, request->exclude);
	if (context_files_open(context, &options, &files, err))
		assert_null(files);
	return files;
}

static int add_content(struct context_files *files, const struct context_file *file, size_t index,
		       struct buf *out, struct error *err)
{
	int64_t size = 0;
	char data[7];
	ssize_t len;

	if (context_files_start(files, index, err))
		return -1;
	buf_add_char(out, ' ');
	while ((len = context_files_read(files, data, sizeof(data), err)) > 0) {
		size += len;
		for (ssize_t i = 0; i < len; i++)
			buf_add_char(out, data[i] == '\n' ? '|' : data[i]);
	}
	if (len < 0)
		return -1;
	assert_int_equal(size, file->size);
	return 0;
}

static int add_file(struct context_files *files, size_t index, struct buf *out, struct error *err)
{
	struct context_file file;

	if (context_files_get(files, index, &file, err))
		return -1;
	assert_int_equal(context_files_has_content(files, index),
			 file.kind == TREE_FILE || file.kind == TREE_EXECUTABLE);
	if (out->len)
		buf_add_char(out, '\n');
	buf_add_format(out, "%c %o %s", "fxldm"[file.kind], file.mode, file.path);
	if (file.target) {
		assert_int_equal(file.size, strlen(file.target));
		buf_add_format(out, " -> %s", file.target);
	}
	return context_files_has_content(files, index) ? add_content(files, &file, index, out, err)
						       : 0;
}

/* An entry a line, as list_tar() has them; or the error. */
static const char *list_files(const char *name, const struct request *request)
{
	static struct buf listing = BUF_INIT(MIB);
	AUTO(repo_freep) struct git_repo *repo = fixture_open(name);
	struct error err = { 0 };
	AUTO(context_freep) struct context *context = open_context(repo, request->context, &err);
	AUTO(context_files_freep) struct context_files *files = NULL;

	buf_reset(&listing);
	if (context)
		files = open_files(context, request, &err);
	for (size_t i = 0; files && i < context_files_count(files); i++)
		if (add_file(files, i, &listing, &err))
			break;
	if (err.kind)
		buf_add_text(&listing, fixture_error(&err));
	return listing.data;
}

static void make_repository(const char *name, const char *script)
{
	fixture_run("git init -q %s && cd %s && echo 'FROM a' >Dockerfile\n%s\n"
		    "git add -A && git commit -qm one",
		    name, name, script);
}

static void test_the_order_is_that_of_fsutil(void **state)
{
	(void)state;
	make_repository("order", "mkdir -p a/b a.d a-\n"
				 "echo 1 >a/b/c; echo 2 >a/b-; echo 3 >a.d/z; echo 4 >a-/x\n"
				 "echo 5 >a0; chmod 755 a0; echo 6 >\"$(printf 'a\\001')\"\n"
				 "ln -s ../a0 a/link; echo 7 >\"$(printf '\\377')\"; : >empty\n");
	assert_string_equal(list_files("order", &(struct request){ 0 }),
			    "f 644 Dockerfile FROM a|\n"
			    "d 755 a\n"
			    "d 755 a/b\n"
			    "f 644 a/b/c 1|\n"
			    "f 644 a/b- 2|\n"
			    "l 777 a/link -> ../a0\n"
			    "f 644 a\001 6|\n"
			    "d 755 a-\n"
			    "f 644 a-/x 4|\n"
			    "d 755 a.d\n"
			    "f 644 a.d/z 3|\n"
			    "x 755 a0 5|\n"
			    "f 644 empty \n"
			    "f 644 \377 7|");
}

struct case_ {
	struct request request;
	const char *expected;
};

static void check_cases(const char *name, const struct case_ *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_string_equal(list_files(name, &cases[i].request), cases[i].expected);
}

static const struct case_ pattern_cases[] = {
	{ { .exclude = "a Dockerfile" }, "d 755 b\nd 755 b/c\nf 644 b/c/d 3|\nf 644 b/e 4|" },
	{ { .exclude = "* !b/c" }, "d 755 b\nd 755 b/c\nf 644 b/c/d 3|" },
	{ { .exclude = "** !**/d" }, "d 755 b\nd 755 b/c\nf 644 b/c/d 3|" },
	{ { .exclude = "**" }, "" },
	{ { .include = "b/e" }, "d 755 b\nf 644 b/e 4|" },
	{ { .include = "b" }, "d 755 b\nd 755 b/c\nf 644 b/c/d 3|\nf 644 b/e 4|" },
	{ { .include = "**/d" }, "d 755 b\nd 755 b/c\nf 644 b/c/d 3|" },
	{ { .include = "b !b/c" }, "d 755 b\nf 644 b/e 4|" },
	{ { .include = "b", .exclude = "**/c !b/c/d" },
	  "d 755 b\nd 755 b/c\nf 644 b/c/d 3|\nf 644 b/e 4|" },
	{ { .include = "a/x none" }, "d 755 a\nf 644 a/x 1|" },
	{ { .include = "none" }, "" },
	{ { .include = "[" }, "input: include-patterns: '[': the pattern is not valid" },
	{ { .exclude = "!" }, "input: exclude-patterns: '!': '!' alone is no pattern" },
	{ { .context.folder = "b", .include = "c" }, "d 755 c\nf 644 c/d 3|" },
	{ { .folder = "other" }, "not-found: there is no folder 'other'" },
};

static void test_patterns_decide_what_is_sent(void **state)
{
	(void)state;
	make_repository("patterns", "mkdir -p a b/c; echo 1 >a/x; echo 2 >a/y; echo 3 >b/c/d\n"
				    "echo 4 >b/e");
	for (size_t i = 0; i < ARRAY_SIZE(pattern_cases); i++) {
		struct request request = pattern_cases[i].request;

		request.context.dockerfile = "Dockerfile";
		assert_string_equal(list_files("patterns", &request), pattern_cases[i].expected);
	}
}

/* .dockerignore is applied by BuildKit, which tells what it says. */
static void test_dockerignore_waits_for_the_engine(void **state)
{
	(void)state;
	make_repository("ignore", "echo x >a; printf 'a\\n.dockerignore\\n' >.dockerignore");
	assert_string_equal(list_files("ignore", &(struct request){ 0 }),
			    "f 644 .dockerignore a|.dockerignore|\n"
			    "f 644 Dockerfile FROM a|\nf 644 a x|");
	assert_string_equal(list_files("ignore", &(struct request){ .follow = ".dockerignore" }),
			    "f 644 .dockerignore a|.dockerignore|");
}

static const struct case_ follow_cases[] = {
	{ { .follow = "dir/f" }, "d 755 dir\nf 644 dir/f 1|" },
	{ { .follow = "dir" }, "d 755 dir\nf 644 dir/f 1|\nf 644 dir/g 2|" },
	{ { .follow = "/dir/../dir/./f" }, "d 755 dir\nf 644 dir/f 1|" },
	{ { .follow = "link" }, "d 755 dir\nf 644 dir/f 1|\nl 777 link -> dir/f" },
	{ { .follow = "deep/up" },
	  "d 755 deep\nl 777 deep/up -> ../../link\n"
	  "d 755 dir\nf 644 dir/f 1|\nl 777 link -> dir/f" },
	{ { .follow = "folder/g" }, "d 755 dir\nf 644 dir/g 2|\nl 777 folder -> /dir" },
	{ { .follow = "folder/g folder/f" },
	  "d 755 dir\nf 644 dir/f 1|\nf 644 dir/g 2|\nl 777 folder -> /dir" },
	{ { .follow = "loop/x" }, "l 777 loop -> loop2\nl 777 loop2 -> loop" },
	{ { .follow = "growing/x" }, "l 777 growing -> growing/growing" },
	{ { .follow = "dangling" }, "l 777 dangling -> nowhere/at/all" },
	{ { .follow = "missing none/x" }, "" },
	{ { .follow = "lin*" }, "d 755 dir\nf 644 dir/f 1|\nl 777 link -> dir/f" },
	{ { .follow = "fold?r/g" }, "d 755 dir\nf 644 dir/g 2|\nl 777 folder -> /dir" },
	{ { .follow = "d[i]r/*" }, "d 755 dir\nf 644 dir/f 1|\nf 644 dir/g 2|" },
	{ { .follow = "x*" }, "" },
	{ { .follow = "dir", .exclude = "**/f" }, "d 755 dir\nf 644 dir/g 2|" },
	{ { .follow = "link", .include = "dir/g" },
	  "d 755 dir\nf 644 dir/f 1|\nf 644 dir/g 2|\nl 777 link -> dir/f" },
};

static void test_links_are_followed_inside_of_the_context(void **state)
{
	static const char *const all[] = { "/", ".", "root", "root/", "deep/top" };
	AUTOFREE char *everything = NULL;
	struct error err = { 0 };

	(void)state;
	make_repository("follow",
			"mkdir dir deep; echo 1 >dir/f; echo 2 >dir/g; ln -s dir/f link\n"
			"ln -s /dir folder; ln -s loop2 loop; ln -s loop loop2\n"
			"ln -s ../../link deep/up; ln -s ../../.. deep/top; ln -s / root\n"
			"ln -s growing/growing growing; ln -s nowhere/at/all dangling");
	check_cases("follow", follow_cases, ARRAY_SIZE(follow_cases));
	everything = str_copy(list_files("follow", &(struct request){ 0 }), &err);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		assert_string_equal(list_files("follow", &(struct request){ .follow = all[i] }),
				    everything);
}

/* Each way doubles the ones before it. */
static void test_links_without_end_take_no_time_without_end(void **state)
{
	(void)state;
	make_repository("maze", "for i in 1 2 3 4 5 6 7 8; do ln -s \"*/l$i\" l$i; done");
	assert_true(str_starts(list_files("maze", &(struct request){ .follow = "l*" }),
			       "f 644 Dockerfile FROM a|\nl 777 l1 -> */l1\n"));
}

static const struct {
	const char *folder, *dockerfile, *expected;
} recipe_cases[] = {
	{ "a", NULL, "f 644 Dockerfile FROM own|\nf 644 Dockerfile.dockerignore # own|" },
	{ "a", "b/x.docker",
	  "f 644 x.docker FROM special|\nf 644 x.docker.dockerignore # special|" },
	{ "a", "b/none", "f 644 none FROM outside|\nf 644 none.dockerignore # own|" },
	{ "b", "b/none", "f 644 none FROM outside|" },
	{ "a", "b/empty", "f 644 empty FROM empty|\nf 644 empty.dockerignore |" },
	{ NULL, "a/Dockerfile", "f 644 Dockerfile FROM own|" },
};

static void test_the_dockerfile_comes_with_the_rules_that_count(void **state)
{
	(void)state;
	make_repository("recipe", "mkdir a b; echo FROM own >a/Dockerfile\n"
				  "echo '# own' >a/.dockerignore; echo FROM special >b/x.docker\n"
				  "echo '# special' >b/x.docker.dockerignore\n"
				  "echo FROM outside >b/none; echo FROM empty >b/empty\n"
				  ": >b/empty.dockerignore");
	for (size_t i = 0; i < ARRAY_SIZE(recipe_cases); i++) {
		struct request request = {
			.context.folder = recipe_cases[i].folder,
			.context.dockerfile = recipe_cases[i].dockerfile,
			.folder = CONTEXT_FILES_DOCKERFILE,
			.follow = "none",
			.exclude = "**",
		};

		assert_string_equal(list_files("recipe", &request), recipe_cases[i].expected);
	}
}

static const struct {
	const char *text, *expected;
} syntax_cases[] = {
	{ "# syntax=a/b:1\nFROM a\n", "# syntax:a/b:1\nFROM a\n" },
	{ "FROM a\n# syntax=x\n", "FROM a\n# syntax=x\n" },
	{ "#SYNTAX = =x\r\n# escape=`\r\nFROM a\r\n", "# escape=`\r\n#SYNTAX : =x\r\nFROM a\r\n" },
	{ "# check=skip=all\n# syntax=x\n# a=b\n\n# syntax=y\n",
	  "# check=skip=all\n# a=b\n# syntax:x\n\n# syntax=y\n" },
	{ "\xef\xbb\xbf#!/bin/sh\n//syntax=x\nFROM a",
	  "\xef\xbb\xbf#!/bin/sh\n//syntax:x\nFROM a" },
	{ "# a comment\n# syntax=x\n", "# a comment\n# syntax=x\n" },
	{ "# syntax=x", "# syntax:x\n" },
	{ "# syntax=\nFROM a", "# syntax=\nFROM a" },
	{ "#!no end", "#!no end" },
	{ "", "" },
};

static void test_a_syntax_can_be_disarmed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(syntax_cases); i++) {
		AUTO(buf_release) struct buf out = BUF_INIT(1000);

		dockerfile_disarm_syntax(slice_of(syntax_cases[i].text), &out);
		assert_string_equal(out.data, syntax_cases[i].expected);
	}
	make_repository("syntax", "printf '# syntax=a/b\\nFROM x\\n' >Dockerfile");
	assert_string_equal(list_files("syntax", &(struct request){ .folder = "dockerfile" }),
			    "f 644 Dockerfile # syntax=a/b|FROM x|");
	assert_string_equal(
		list_files("syntax", &(struct request){ .folder = "dockerfile",
							.uses_builtin_frontend = true }),
		"f 644 Dockerfile # syntax:a/b|FROM x|");
}

#define POINTER                                                                                    \
	"version https://git-lfs.github.com/spec/v1|"                                              \
	"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393|size 12345|"

static const struct case_ refused_cases[] = {
	{ { .follow = "d/sub" },
	  "input: 'd/sub' is a submodule, its files are not in the repository" },
	{ { .follow = "big.bin" },
	  "input: 'big.bin' is a pointer of Git LFS, the file itself is not "
	  "in the repository" },
	{ { .follow = "small" }, "f 644 small 1|" },
	{ { .exclude = "d *.bin" },
	  "f 644 .gitattributes |\nf 644 Dockerfile FROM a|\nf 644 small 1|" },
	{ { .context.allow_submodules = true, .follow = "d" }, "d 755 d\nd 755 d/sub" },
	{ { .context.allow_lfs = true, .follow = "big.bin" }, "f 644 big.bin " POINTER },
};

static void test_submodules_and_lfs_pointers_are_those_of_the_tar(void **state)
{
	(void)state;
	make_repository(
		"refused",
		"mkdir d; git init -q d/sub; echo >.gitattributes; echo 1 >small\n"
		"(cd d/sub && git commit -q --allow-empty -m sub)\n"
		"printf '%s\\n' 'version https://git-lfs.github.com/spec/v1' \\\n"
		"'oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393' "
		"'size 12345' >big.bin");
	check_cases("refused", refused_cases, ARRAY_SIZE(refused_cases));
}

/* The file of that path in a whole list. */
static size_t find_file(struct context_files *files, const char *path)
{
	struct context_file file;
	struct error err = { 0 };

	for (size_t i = 0; i < context_files_count(files); i++) {
		assert_int_equal(context_files_get(files, i, &file, &err), 0);
		if (!strcmp(file.path, path))
			return i;
	}
	fail();
	return 0;
}

static void start(struct context_files *files, const char *path)
{
	struct error err = { 0 };

	assert_int_equal(context_files_start(files, find_file(files, path), &err), 0);
}

static void expect(struct context_files *files, char byte, int64_t count)
{
	static char data[64 * KIB];
	struct error err = { 0 };
	ssize_t len;

	for (; count; count -= len) {
		size_t wanted = count < (int64_t)sizeof(data) ? (size_t)count : sizeof(data);

		len = context_files_read(files, data, wanted, &err);
		assert_true(len > 0);
		for (ssize_t i = 0; i < len; i++)
			assert_int_equal(data[i], byte);
	}
}

static void test_lists_are_independent_of_each_other(void **state)
{
	AUTO(repo_freep) struct git_repo *repo = NULL;
	AUTO(context_freep) struct context *context = NULL;
	AUTO(context_files_freep) struct context_files *one = NULL;
	AUTO(context_files_freep) struct context_files *two = NULL;
	struct error err = { 0 };

	(void)state;
	make_repository("large",
			"for c in a b; do head -c 9000000 /dev/zero | tr '\\0' $c >$c; done\n"
			"printf cc >c");
	repo = fixture_open("large");
	context = open_context(repo, (struct context_options){ 0 }, &err);
	assert_non_null(context);
	one = open_files(context, &(struct request){ 0 }, &err);
	two = open_files(context, &(struct request){ 0 }, &err);
	start(one, "a");
	expect(one, 'a', 64 * KIB);
	start(two, "b");
	expect(two, 'b', 128 * KIB);
	expect(one, 'a', 9000000 - 64 * KIB);
	expect(two, 'b', 9000000 - 128 * KIB);
	assert_int_equal(context_files_read(one, (char[1]){ 0 }, 1, &err), 0);
	/* One that is left in its middle. */
	start(one, "b");
	expect(one, 'b', 64 * KIB);
	start(one, "c");
	expect(one, 'c', 2);
	start(one, "a");
	expect(one, 'a', 9000000);
}

static void test_a_work_tree_that_changes_is_noticed(void **state)
{
	static const char *const changes[] = { "echo 2 >f", "rm f; ln -s x f", "rm f",
					       "echo 22 >f" };
	struct context_options options = { .from_worktree = true };

	(void)state;
	make_repository("work", "echo 1 >f");
	assert_string_equal(list_files("work", &(struct request){ .context = options }),
			    "f 644 Dockerfile FROM a|\nf 644 f 1|");
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		AUTO(repo_freep) struct git_repo *repo = fixture_open("work");
		struct error err = { 0 };
		AUTO(context_freep) struct context *context = open_context(repo, options, &err);
		AUTO(context_files_freep)
		struct context_files *files = open_files(context, &(struct request){ 0 }, &err);

		assert_non_null(files);
		fixture_run("cd work && %s", changes[i]);
		assert_int_equal(context_files_start(files, 1, &err), -1);
		fixture_run("cd work && rm -f f && echo 1 >f");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_order_is_that_of_fsutil),
		cmocka_unit_test(test_patterns_decide_what_is_sent),
		cmocka_unit_test(test_dockerignore_waits_for_the_engine),
		cmocka_unit_test(test_links_are_followed_inside_of_the_context),
		cmocka_unit_test(test_links_without_end_take_no_time_without_end),
		cmocka_unit_test(test_the_dockerfile_comes_with_the_rules_that_count),
		cmocka_unit_test(test_a_syntax_can_be_disarmed),
		cmocka_unit_test(test_submodules_and_lfs_pointers_are_those_of_the_tar),
		cmocka_unit_test(test_lists_are_independent_of_each_other),
		cmocka_unit_test(test_a_work_tree_that_changes_is_noticed),
	};

	return cmocka_run_group_tests_name("context/files", tests, fixture_start, fixture_end);
}
