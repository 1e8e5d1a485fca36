/* SPDX-License-Identifier: MIT */
/* image.files and other bases: what travels to the engine, by every way. */
#include "../git/fixture.h"

#include "base/str.h"
#include "context/dockerignore.h"
#include "context/files.h"
#include "git/commit.h"
#include "listing.h"

#define NAME ".dockerfile.40672a673e86fcf7"

struct wish {
	const char *files; /* image.files; NULL: all */
	const char *base;
	const char *folder;
	bool from_worktree;
};

static struct context *open_context(struct git_repo *repo, const struct wish *wish,
				    struct error *err)
{
	AUTO(selection_release) struct selection files = { 0 };
	struct context *context = NULL;
	struct commit commit = { 0 };

	assert_int_equal(commit_resolve(repo, "HEAD", &commit, err), 0);
	if (wish->files)
		assert_int_equal(selection_add(&files, wish->files, err), 0);
	if (context_open(&(struct context_options){ .repo = repo,
						    .commit_sha = commit.sha,
						    .tree_sha = commit.tree,
						    .folder = wish->folder,
						    .base = wish->base,
						    .files = &files,
						    .from_worktree = wish->from_worktree },
			 &context, err))
		assert_null(context);
	commit_release(&commit);
	return context;
}

static void list(struct context *context, struct buf *out)
{
	AUTO(buf_release) struct buf tar = BUF_INIT(16 * MIB);
	struct error err = { 0 };

	buf_reset(out);
	assert_int_equal(read_context(context, 64 * KIB, &tar, &err), 0);
	list_tar(&tar, out);
}

static const struct {
	const char *script;
	struct wish wish;
	const char *listing; /* or the error */
} wishes[] = {
	{ "mkdir -p a/b; touch a/b/c a/d e",
	  { .files = "all" },
	  "f 644 Dockerfile FROM b|\nd 755 a/\nd 755 a/b/\nf 644 a/b/c\nf 644 a/d\nf 644 e" },
	{ "mkdir -p a/b; touch a/b/c a/d e",
	  { .files = "only:Dockerfile a/b" },
	  "f 644 Dockerfile FROM b|\nd 755 a/\nd 755 a/b/\nf 644 a/b/c" },
	{ "mkdir -p a/b; touch a/b/c a/d e",
	  { .files = "allbut:a/b e" },
	  "f 644 Dockerfile FROM b|\nd 755 a/\nf 644 a/d" },
	/* The Dockerfile travels all the same. */
	{ "touch a",
	  { .files = "nothing" },
	  "f 644 .dockerignore .dockerignore|Dockerfile|\nf 644 Dockerfile FROM b|" },
	{ "touch a b",
	  { .files = "only:b" },
	  "f 644 .dockerignore .dockerignore|Dockerfile|\nf 644 Dockerfile FROM b|\nf 644 b" },
	{ "touch a b; echo a >.dockerignore",
	  { .files = "allbut:Dockerfile" },
	  "f 644 .dockerignore a|Dockerfile|\nf 644 Dockerfile FROM b|\nf 644 b" },
	{ "touch a b; echo a >.dockerignore",
	  { .files = "only:b" },
	  "f 644 .dockerignore .dockerignore|Dockerfile|\nf 644 Dockerfile FROM b|\nf 644 b" },
	/* .dockerignore counts besides. */
	{ "mkdir a; touch a/b a/c.md a/d; printf '*.md\\n**/*.md\\na/d\\n.dockerignore' "
	  ">.dockerignore",
	  { .files = "only:a Dockerfile" },
	  "f 644 Dockerfile FROM b|\nd 755 a/\nf 644 a/b" },
	{ "mkdir a; touch a/b a/c; printf '*\\n!a/b\\n!a/c\\n!Dockerfile' >.dockerignore",
	  { .files = "allbut:a/c" },
	  "f 644 Dockerfile FROM b|\nd 755 a/\nf 644 a/b" },
	{ "mkdir -p s/a; touch s/a/b s/c t; mv Dockerfile s",
	  { .files = "only:a", .folder = "s" },
	  "f 644 .dockerignore .dockerignore|Dockerfile|\nf 644 Dockerfile FROM b|\n"
	  "d 755 a/\nf 644 a/b" },
	/* A variant. */
	{ "touch a",
	  { .base = "c:1" },
	  "f 644 .dockerignore .dockerignore|" NAME "|\nf 644 " NAME " FROM c:1|\n"
	  "f 644 Dockerfile FROM b|\nf 644 a" },
	{ "touch a", { .base = "b" }, "f 644 Dockerfile FROM b|\nf 644 a" },
	{ "touch a b; echo a >.dockerignore",
	  { .base = "c:1", .files = "only:b" },
	  "f 644 .dockerignore .dockerignore|Dockerfile|\nf 644 Dockerfile FROM c:1|\nf 644 b" },
	/* What is not there. */
	{ "touch a", { .files = "allbut:b a" }, "f 644 Dockerfile FROM b|" },
	{ "mkdir a; touch a/b",
	  { .files = "only:a/b a/c" },
	  "input: no 'a/c' in commit HEAD (image.files)" },
	{ "mkdir a; touch a/b",
	  { .files = "only:a/*" },
	  "input: no 'a/*' in commit HEAD (image.files)" },
	{ "touch a", { .files = "only:a/b" }, "input: no 'a/b' in commit HEAD (image.files)" },
	{ "mkdir s; touch s/a; cp Dockerfile s",
	  { .files = "only:b", .folder = "s" },
	  "input: no 's/b' in commit HEAD (image.files)" },
	{ "echo FROM scratch >Dockerfile",
	  { .base = "c" },
	  "input: Dockerfile:1: the stage begins with 'scratch', not with an image (image.base)" },
};

static void make_repository(const char *name, const char *script)
{
	fixture_run("git init -q %s && cd %s && echo 'FROM b' >Dockerfile\n%s\n"
		    "git add -A && git commit -qm one",
		    name, name, script);
}

/* "HEAD" for the short SHA. */
static void hide_sha(struct error *err)
{
	char *at = strstr(err->message, " in commit ");
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_ERROR_MESSAGE);

	if (!at)
		return;
	at += strlen(" in commit ");
	buf_add(&text, err->message, (size_t)(at - err->message));
	buf_add_format(&text, "HEAD%s", at + 7);
	snprintf(err->message, sizeof(err->message), "%s", text.data);
}

static void check_wish(size_t i, bool from_worktree)
{
	AUTO(buf_release) struct buf listing = BUF_INIT(MIB);
	AUTOFREE char *name = NULL;
	struct error err = { 0 };
	struct wish wish = wishes[i].wish;
	struct git_repo *repo;
	struct context *context;

	name = str_format(&err, "wish%zu", i);
	repo = fixture_open(name);
	wish.from_worktree = from_worktree;
	context = open_context(repo, &wish, &err);
	if (context)
		list(context, &listing);
	else if (from_worktree)
		buf_add_format(&listing, "%s", wishes[i].listing); /* another name in it */
	else {
		hide_sha(&err);
		buf_add_text(&listing, fixture_error(&err));
	}
	assert_string_equal(listing.data, wishes[i].listing);
	context_free(context);
	repo_free(repo);
}

static void test_what_is_wished_for_travels(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wishes); i++) {
		struct error err = { 0 };
		AUTOFREE char *name = str_format(&err, "wish%zu", i);

		make_repository(name, wishes[i].script);
		check_wish(i, false);
		check_wish(i, true);
	}
}

static void test_a_path_that_is_only_in_the_work_tree(void **state)
{
	AUTO(repo_freep) struct git_repo *repo = NULL;
	AUTO(context_freep) struct context *context = NULL, *allbut = NULL;
	struct error err = { 0 };

	(void)state;
	make_repository("forgotten", ":");
	fixture_run("cd forgotten && touch new");
	repo = fixture_open("forgotten");
	assert_null(open_context(repo, &(struct wish){ .files = "only:new" }, &err));
	assert_string_equal(err.hint, "the work tree has it: git add and commit it");
	error_clear(&err);
	context = open_context(repo, &(struct wish){ .files = "only:new", .from_worktree = true },
			       &err);
	assert_non_null(context);
	assert_null(open_context(repo, &(struct wish){ .files = "only:ne*" }, &err));
	assert_string_equal(err.hint, "its paths have no wildcards: name the folder");
	error_clear(&err);
	allbut = open_context(repo, &(struct wish){ .files = "allbut:x Dockerfile a/b" }, &err);
	assert_non_null(allbut);
	assert_int_equal(context_missing(allbut)->len, 2);
	assert_string_equal(context_missing(allbut)->items[0], "a/b");
	assert_string_equal(context_missing(allbut)->items[1], "x");
}

/* The builder's own text, the key's and the user's stay apart. */
static void test_parents_change_what_is_built_but_not_the_key(void **state)
{
	AUTO(buf_release) struct buf listing = BUF_INIT(MIB);
	AUTO(content_key_release) struct content_key before = { 0 }, after = { 0 };
	AUTO(strmap_release) struct strmap args = { 0 }, names = { 0 };
	const struct key_input *a, *b;
	struct error err = { 0 };

	(void)state;
	make_repository("child",
			"printf 'ARG P=base\\nFROM $P\\nCOPY . /\\n' >Dockerfile; touch a\n"
			"echo x >.dockerignore");
	for (int from_worktree = 0; from_worktree < 2; from_worktree++) {
		AUTO(repo_freep) struct git_repo *repo = fixture_open("child");
		struct wish wish = { .from_worktree = from_worktree };
		AUTO(context_freep) struct context *context = open_context(repo, &wish, &err);
		struct digest_text hash;

		if (from_worktree)
			assert_int_equal(context_worktree_hash(context, &hash, &err), 0);
		assert_int_equal(context_add_to_key(context, &before, &err), 0);
		assert_int_equal(strmap_set(&names, "base", "r/base@sha256:1", &err), 0);
		assert_int_equal(context_set_bases(context,
						   &(struct base_replacements){ &args, &names },
						   &err),
				 0);
		assert_int_equal(context_add_to_key(context, &after, &err), 0);
		assert_false(content_key_differ(&before, &after, &a, &b));
		assert_string_equal(context_dockerfile(context)->stages[0].base, "$P");
		list(context, &listing);
		assert_string_equal(listing.data,
				    "f 644 .dockerignore x|.dockerfile.81bc7703a2fe91ce|\n"
				    "f 644 .dockerfile.81bc7703a2fe91ce ARG P=base|FROM "
				    "r/base@sha256:1|COPY . /|\n"
				    "f 644 Dockerfile ARG P=base|FROM $P|COPY . /|\nf 644 a");
		assert_int_equal(context_check_worktree(context, &err), 0);
	}
}

static uint64_t seed = 7;

static unsigned pick(unsigned count)
{
	seed = seed * 6364136223846793005U + 1442695040888963407U;
	return (unsigned)(seed >> 33) % count;
}

/* Some of the paths that the repository has, or parts of them. */
static void make_files(struct buf *out)
{
	static const char *const paths[] = { "a",      "a/b",	     "a/b/c",	      "a/b-",
					     "a.d/x",  "a-/b",	     "a/b/d/e",	      "z",
					     "a/link", "Dockerfile", ".dockerignore", "a.d" };

	buf_add_text(out, pick(2) ? "only:" : "allbut:");
	for (unsigned count = 1 + pick(4); count; count--)
		buf_add_format(out, " %s", paths[pick(ARRAY_SIZE(paths))]);
}

static void make_rules(struct buf *out)
{
	static const char *const rules[] = { "a/b",	      "!a/b/c",	    "*",   "!a",
					     "**/e",	      "!**/x",	    "a.d", "!a.d/x",
					     ".dockerignore", "Dockerfile", "z" };

	for (unsigned count = pick(5); count; count--)
		buf_add_format(out, "%s\n", rules[pick(ARRAY_SIZE(rules))]);
}

static int add_line(void *arg, const char *kind, const char *path, unsigned mode)
{
	struct strv *lines = arg;
	struct error err = { 0 };

	return strv_add_taken(lines, str_format(&err, "%s %o %s", kind, mode, path), &err);
}

/* As BuildKit asks for it: with the lines of .dockerignore. */
static void list_files(const struct context *context, const char *rules, struct strv *lines)
{
	AUTO(context_files_freep) struct context_files *files = NULL;
	AUTO(strv_release) struct strv exclude = { 0 };
	struct slice rest = slice_of(rules), line;
	struct error err = { 0 };

	while (slice_cut(&rest, '\n', &line))
		assert_int_equal(strv_add_slice(&exclude, line, &err), 0);
	assert_int_equal(
		context_files_open(context,
				   &(struct context_files_options){ .folder = CONTEXT_FILES_CONTEXT,
								    .exclude = &exclude },
				   &files, &err),
		0);
	for (size_t i = 0; i < context_files_count(files); i++) {
		struct context_file file;

		assert_int_equal(context_files_get(files, i, &file, &err), 0);
		assert_int_equal(
			add_line(lines, &"f\0f\0l\0d\0"[2 * file.kind], file.path, file.mode), 0);
	}
	strv_sort(lines);
}

/* What an engine sees of the tar: nothing that is there only to be hidden. */
static void list_seen(struct context *context, struct strv *lines)
{
	AUTO(buf_release) struct buf listing = BUF_INIT(MIB);
	struct slice rest, line;
	struct error err = { 0 };

	list(context, &listing);
	rest = buf_slice(&listing);
	while (slice_cut(&rest, '\n', &line)) {
		AUTOFREE char *text = str_copy_slice(line, &err);
		char kind[2] = { text[0], '\0' };
		char *path = strchr(text + 2, ' ') + 1;

		path[strcspn(path, " ")] = '\0';
		if (path[strlen(path) - 1] == '/')
			path[strlen(path) - 1] = '\0';
		assert_int_equal(add_line(lines, kind, path, (unsigned)strtoul(text + 2, NULL, 8)),
				 0);
	}
	strv_sort(lines);
}

/* The tar's .dockerignore has our lines, and may be there for them alone. */
static void check_same(const struct strv *seen, const struct strv *files, const char *what)
{
	AUTO(buf_release) struct buf a = BUF_INIT(MIB), b = BUF_INIT(MIB);

	for (size_t i = 0; i < seen->len; i++)
		if (!strstr(seen->items[i], "ockerfile") &&
		    !strstr(seen->items[i], ".dockerignore"))
			buf_add_format(&a, "%s\n", seen->items[i]);
	for (size_t i = 0; i < files->len; i++)
		if (!strstr(files->items[i], "ockerfile") &&
		    !strstr(files->items[i], ".dockerignore"))
			buf_add_format(&b, "%s\n", files->items[i]);
	if (strcmp(a.data, b.data) != 0)
		fail_msg("%s:\ntar\n%s\nFileSync\n%s", what, a.data, b.data);
}

static bool has_line(const struct strv *lines, const char *path)
{
	for (size_t i = 0; i < lines->len; i++)
		if (str_equal(lines->items[i] + strlen("f 644 "), path))
			return true;
	return false;
}

/* Each path that counts, by the definition: .dockerignore and the selection both let
 * it through. */
static void check_definition(const struct strv *files, const char *wish, const char *rules)
{
	static const char *const all[] = { ".dockerignore", "Dockerfile", "a/b-", "a/b/c",
					   "a/b/d/e",	    "a/f",	  "a-/b", "a.d/x",
					   "a.d/y",	    "z" };
	AUTO(selection_release) struct selection selection = { 0 };
	AUTO(dockerignore_freep) struct dockerignore *ignore = NULL;
	struct error err = { 0 };

	assert_int_equal(selection_add(&selection, wish, &err), 0);
	assert_int_equal(dockerignore_parse(slice_of(rules), "f", &ignore, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		bool counts =
			selection_has(&selection, all[i]) && !dockerignore_excludes(ignore, all[i]);

		if (counts != has_line(files, all[i]))
			fail_msg("%s, '%s': %s", wish, rules, all[i]);
	}
}

static void check_random(struct git_repo *repo, const char *rules)
{
	AUTO(buf_release) struct buf wish = BUF_INIT(1000);
	AUTO(strv_release) struct strv seen = { 0 }, files = { 0 };
	struct error err = { 0 };
	struct context *context;

	make_files(&wish);
	context = open_context(repo, &(struct wish){ .files = wish.data, .from_worktree = pick(2) },
			       &err);
	if (!context)
		fail_msg("%s: %s", wish.data, err.message);
	list_seen(context, &seen);
	list_files(context, rules, &files);
	check_same(&seen, &files, wish.data);
	check_definition(&files, wish.data, rules);
	context_free(context);
}

static void test_tar_and_filesync_have_the_same_files(void **state)
{
	(void)state;
	make_repository("same", "mkdir -p a/b/d a- a.d; touch a/b/c a/b/d/e a/b- a-/b a.d/x a.d/y\n"
				"touch a/f z .dockerignore; ln -s b a/link");
	for (int i = 0; i < 40; i++) {
		AUTO(buf_release) struct buf rules = BUF_INIT(1000);
		AUTO(repo_freep) struct git_repo *repo = NULL;

		make_rules(&rules);
		fixture_run("cd same && printf '%%s' '%s' >.dockerignore && git add -A &&\n"
			    "git commit -q --allow-empty -m next",
			    rules.data);
		repo = fixture_open("same");
		for (int j = 0; j < 25; j++)
			check_random(repo, rules.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_wished_for_travels),
		cmocka_unit_test(test_a_path_that_is_only_in_the_work_tree),
		cmocka_unit_test(test_parents_change_what_is_built_but_not_the_key),
		cmocka_unit_test(test_tar_and_filesync_have_the_same_files),
	};

	return cmocka_run_group_tests_name("context/selected", tests, fixture_start, fixture_end);
}
