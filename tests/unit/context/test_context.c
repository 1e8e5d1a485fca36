/* SPDX-License-Identifier: MIT */
#include "../git/fixture.h"

#include "base/str.h"
#include "base/time.h"
#include "codec/tar.h"
#include "context/context.h"
#include "context/mtime.h"
#include "git/commit.h"
#include "listing.h"

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

static void read_whole(const char *name, struct context_options options, struct buf *ret_tar)
{
	AUTO(repo_freep) struct git_repo *repo = fixture_open(name);
	struct error err = { 0 };
	AUTO(context_freep) struct context *context = open_context(repo, options, &err);

	assert_string_equal(fixture_error(&err), "");
	assert_int_equal(read_context(context, 64 * KIB, ret_tar, &err), 0);
	assert_int_equal(context_stats(context).bytes, ret_tar->len);
}

/* A repository of one commit that holds what the script makes. */
static void make_repository(const char *name, const char *script)
{
	fixture_run("git init -q %s && cd %s && %s\ngit add -A && git commit -qm one", name, name,
		    script);
}

static const char sample[] =
	"printf 'FROM scratch\\nCOPY . /\\n' >Dockerfile\n"
	"mkdir -p a/b a.d empty-file-only\n"
	"echo x >a/b/c; echo y >a/x; echo z >a.d/z; : >empty-file-only/f; chmod 755 a/x\n"
	"ln -s ../a/x link; ln -s /etc/passwd a/absolute; ln -s nowhere a/dangling\n"
	"mkdir -p $(printf 'l%.0s' $(seq 150))/$(printf 'm%.0s' $(seq 150))\n"
	"echo long >$(printf 'l%.0s' $(seq 150))/$(printf 'm%.0s' $(seq 150))/f\n"
	"ln -s $(printf 'm%.0s' $(seq 150)) long-link\n"
	"echo u >$(printf '\\303\\251'); echo w >$(printf 'bad\\377'); echo s >'with space'\n"
	"head -c 1000 /dev/zero >zeros; head -c 100000 /dev/urandom >random";

static void test_the_tar_holds_what_git_archive_holds(void **state)
{
	AUTO(buf_release) struct buf tar = BUF_INIT(16 * MIB);
	FILE *out;

	(void)state;
	make_repository("sample", sample);
	read_whole("sample", (struct context_options){ 0 }, &tar);
	out = fopen(fixture_text("ROOT/sample.tar"), "w");
	assert_non_null(out);
	assert_int_equal(fwrite(tar.data, 1, tar.len, out), tar.len);
	assert_int_equal(fclose(out), 0);
	fixture_run("mkdir ours theirs\n"
		    "tar -xf sample.tar -C ours --warning=all 2>warnings\n"
		    "test ! -s warnings\n"
		    "git -C sample -c tar.umask=0022 archive HEAD | tar -x -C theirs\n"
		    "diff -r --no-dereference ours theirs\n"
		    "list() { cd $1 && find . -printf '%%y %%m %%p %%l\\n' | sort; cd ..; }\n"
		    "list ours >ours.list; list theirs >theirs.list; diff ours.list theirs.list");
}

static void test_the_same_tree_gives_the_same_bytes_everywhere(void **state)
{
	AUTO(buf_release) struct buf first = BUF_INIT(16 * MIB);
	AUTO(buf_release) struct buf second = BUF_INIT(16 * MIB);

	(void)state;
	fixture_run("git clone -q sample clone && cd clone && umask 077 && touch new &&\n"
		    "git config core.autocrlf true && git repack -adfq &&\n"
		    "git commit -q --allow-empty -m two --date=2001-01-01T00:00:00Z\n"
		    "git clone -q --bare . ../clone.git");
	read_whole("sample", (struct context_options){ 0 }, &first);
	read_whole("clone.git", (struct context_options){ .folder = "./" }, &second);
	assert_true(slice_equal(buf_slice(&first), buf_slice(&second)));
}

static void test_pieces_of_any_size_and_again_after_a_rewind(void **state)
{
	static const size_t pieces[] = { 1, 511, 512, 513, 60000 };
	AUTO(buf_release) struct buf whole = BUF_INIT(16 * MIB);
	AUTO(repo_freep) struct git_repo *repo = fixture_open("sample");
	struct error err = { 0 };
	AUTO(context_freep)
	struct context *context = open_context(repo, (struct context_options){ 0 }, &err);

	(void)state;
	assert_int_equal(read_context(context, 64 * KIB, &whole, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		AUTO(buf_release) struct buf again = BUF_INIT(16 * MIB);
		char byte;

		assert_int_equal(context_rewind(context, &err), 0);
		assert_int_equal(read_context(context, pieces[i], &again, &err), 0);
		assert_true(slice_equal(buf_slice(&whole), buf_slice(&again)));
		assert_int_equal(context_read(context, &byte, 1, &err), 0);
	}
	/* From the middle of a file too. */
	assert_int_equal(context_rewind(context, &err), 0);
	assert_int_equal(context_read(context, (char[5000]){ 0 }, 5000, &err), 5000);
	assert_int_equal(context_rewind(context, &err), 0);
	buf_reset(&whole);
	assert_int_equal(read_context(context, 4096, &whole, &err), 0);
	assert_int_equal(context_stats(context).bytes, whole.len);
	assert_int_equal(context_stats(context).files, 15);
}

struct listed {
	const char *script;
	struct context_options options;
	const char *name; /* of the Dockerfile in the tar */
	const char *listing;
};

#define FROM	  "echo 'FROM a' >Dockerfile\n"
#define FROM_LINE "\nf 644 Dockerfile FROM a|"

static const struct listed contexts[] = {
	{ FROM "echo x >b", { 0 }, "Dockerfile", "f 644 Dockerfile FROM a|\nf 644 b x|" },
	{ "mkdir -p s/w x; echo 'FROM b' >s/w/Dockerfile; echo x >x/y",
	  { .folder = "s/w" },
	  "Dockerfile",
	  "f 644 Dockerfile FROM b|" },
	{ "mkdir -p s/d; echo 'FROM b' >s/d/D; echo x >s/f",
	  { .folder = "/s/../s/" + 1, .dockerfile = "./s//d/D" },
	  "d/D",
	  "d 755 d/\nf 644 d/D FROM b|\nf 644 f x|" },

	/* Byte order, as git has it. */
	{ FROM "mkdir a B; touch a/x a.b a-b B/x a0",
	  { 0 },
	  "Dockerfile",
	  "d 755 B/\nf 644 B/x" FROM_LINE "\nf 644 a-b\nf 644 a.b\nd 755 a/\nf 644 a/x\nf 644 a0" },

	/* Attributes are not applied. */
	{ FROM "echo '* text eol=crlf export-ignore export-subst' >.gitattributes\n"
	       "echo '$Format:%H$' >b",
	  { 0 },
	  "Dockerfile",
	  "f 644 .gitattributes * text eol=crlf export-ignore export-subst|" FROM_LINE
	  "\nf 644 b $Format:%H$|" },

	/* .dockerignore: folders that are dropped come with what is kept in them. */
	{ FROM "printf 'd\\n!d/e/keep\\n*.md\\n' >.dockerignore\n"
	       "mkdir -p d/e d/f; touch d/a d/e/b d/e/keep d/f/x a.md",
	  { 0 },
	  "Dockerfile",
	  "f 644 .dockerignore d|!d/e/keep|*.md|" FROM_LINE "\nd 755 d/\nd 755 d/e/\n"
	  "f 644 d/e/keep" },
	{ FROM
	  "printf '*\\n!**/*.c\\n!Dockerfile' >.dockerignore; mkdir -p x/y z; touch x/y/a.c z/b",
	  { 0 },
	  "Dockerfile",
	  "f 644 Dockerfile FROM a|\nd 755 x/\nd 755 x/y/\nf 644 x/y/a.c" },

	/* The Dockerfile is dropped: it comes all the same, and engines hide it. */
	{ FROM "echo Dockerfile >.dockerignore; touch b",
	  { 0 },
	  "Dockerfile",
	  "f 644 Dockerfile FROM a|\nf 644 .dockerignore Dockerfile|\nf 644 b" },
	{ FROM "printf '*\\n!b' >.dockerignore; touch b",
	  { 0 },
	  "Dockerfile",
	  "f 644 .dockerignore .dockerignore|Dockerfile|\nf 644 Dockerfile FROM a|\nf 644 b" },
	{ "mkdir d; echo 'FROM b' >d/D; echo d >.dockerignore; touch b",
	  { .dockerfile = "d/D" },
	  ".dockerfile.e79bd6aed346e3b5",
	  "f 644 .dockerignore d|.dockerfile.e79bd6aed346e3b5|\n"
	  "f 644 .dockerfile.e79bd6aed346e3b5 FROM b|\nf 644 b" },
	/* It is outside. */
	{ "mkdir s; echo 'FROM b' >D; touch s/b",
	  { .folder = "s", .dockerfile = "D" },
	  ".dockerfile.5fd1c9ce9dc3ca27",
	  "f 644 .dockerignore .dockerignore|.dockerfile.5fd1c9ce9dc3ca27|\n"
	  "f 644 .dockerfile.5fd1c9ce9dc3ca27 FROM b|\nf 644 b" },
	{ "mkdir s; echo 'FROM b' >D; echo c >s/.dockerignore; touch s/b s/c .dockerignore",
	  { .folder = "s", .dockerfile = "D" },
	  ".dockerfile.5fd1c9ce9dc3ca27",
	  "f 644 .dockerignore c|.dockerfile.5fd1c9ce9dc3ca27|\n"
	  "f 644 .dockerfile.5fd1c9ce9dc3ca27 FROM b|\nf 644 b" },
	/* The Dockerfile's own .dockerignore goes first. */
	{ "mkdir s; echo 'FROM b' >s/D; echo b >s/D.dockerignore; echo c >.dockerignore; touch b c",
	  { .dockerfile = "s/D" },
	  "s/D",
	  "f 644 .dockerignore c|!**|\nf 644 c\nd 755 s/\nf 644 s/D FROM b|\n"
	  "f 644 s/D.dockerignore b|" },
	{ "echo 'FROM b' >D; printf 'D\\n.dockerignore' >D.dockerignore; echo c >.dockerignore; "
	  "touch c",
	  { .dockerfile = "D" },
	  ".dockerfile.5fd1c9ce9dc3ca27",
	  "f 644 .dockerignore .dockerignore|.dockerfile.5fd1c9ce9dc3ca27|\n"
	  "f 644 .dockerfile.5fd1c9ce9dc3ca27 FROM b|\nf 644 D.dockerignore D|.dockerignore\n"
	  "f 644 c" },
};

static void check_context(const struct listed *listed, const char *name)
{
	AUTO(buf_release) struct buf tar = BUF_INIT(16 * MIB);
	AUTO(buf_release) struct buf listing = BUF_INIT(16 * MIB);
	AUTO(repo_freep) struct git_repo *repo = fixture_open(name);
	struct error err = { 0 };
	AUTO(context_freep) struct context *context = open_context(repo, listed->options, &err);

	assert_string_equal(fixture_error(&err), "");
	assert_int_equal(read_context(context, 1000, &tar, &err), 0);
	list_tar(&tar, &listing);
	assert_string_equal(listing.data, listed->listing);
	assert_string_equal(context_dockerfile_name(context), listed->name);
}

static void test_which_files_are_in_the_context(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(contexts); i++) {
		char name[32];

		snprintf(name, sizeof(name), "listed%zu", i);
		make_repository(name, contexts[i].script);
		check_context(&contexts[i], name);
	}
}

static const struct {
	const char *script;
	struct context_options options;
	const char *error; /* its begin */
} refused[] = {
	{ FROM, { .dockerfile = "d/D" }, "input: no 'd/D' in commit " },
	{ FROM, { .folder = "x/y" }, "input: no folder 'x/y' in commit " },
	{ FROM, { .folder = "Dockerfile" }, "input: 'Dockerfile' is not a folder of " },
	{ FROM, { .folder = "../x" }, "input: the path '../x' leaves the repository" },
	{ FROM, { .folder = "/x" }, "input: the path '/x' leaves the repository" },
	{ FROM,
	  { .dockerfile = "a/../../x" },
	  "input: the path 'a/../../x' leaves the repository" },
	{ "mkdir Dockerfile; touch Dockerfile/x", { 0 }, "input: 'Dockerfile' in commit " },
	{ "ln -s D Dockerfile", { 0 }, "input: 'Dockerfile' in commit " },
	{ FROM "ln -s x .dockerignore", { 0 }, "input: '.dockerignore' in commit " },
	{ "echo RUN x >Dockerfile",
	  { 0 },
	  "input: Dockerfile:1: 'RUN' stands before the first FROM" },
	{ FROM "printf 'a\\n[' >.dockerignore",
	  { 0 },
	  "input: .dockerignore:2: '[': the pattern is not valid" },
	{ "head -c 1048577 /dev/zero >Dockerfile", { 0 }, "input: 'Dockerfile' in commit " },
};

static void test_what_cannot_be_a_context(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		AUTO(repo_freep) struct git_repo *repo = NULL;
		struct error err = { 0 };
		char name[32], begin[100];

		snprintf(name, sizeof(name), "refused%zu", i);
		make_repository(name, refused[i].script);
		repo = fixture_open(name);
		assert_null(open_context(repo, refused[i].options, &err));
		snprintf(begin, sizeof(begin), "%.*s", (int)strlen(refused[i].error),
			 fixture_error(&err));
		assert_string_equal(begin, refused[i].error);
		assert_string_equal(err.hint, "");
	}
}

static void test_a_dockerfile_that_was_not_committed_is_pointed_out(void **state)
{
	AUTO(repo_freep) struct git_repo *repo = NULL;
	struct error err = { 0 };

	(void)state;
	make_repository("forgotten", "touch a; echo Dockerfile >.gitignore; touch Dockerfile");
	repo = fixture_open("forgotten");
	assert_null(open_context(repo, (struct context_options){ 0 }, &err));
	assert_string_equal(fixture_error(&err),
			    fixture_output("printf \"input: no 'Dockerfile' in commit \"\n"
					   "git -C forgotten rev-parse --short=7 HEAD"));
	assert_string_equal(err.hint, "the work tree has it: git add and commit it");
}

#define POINTER                                                                                    \
	"printf 'version https://git-lfs.github.com/spec/v1\\noid sha256:%064d\\nsize 1\\n' 0 "

/* Files that only a walk finds: what the options allow, and what they do not. */
static const struct {
	const char *script;
	const char *listing; /* when allowed */
	const char *error;   /* else */
	const char *hint;
} special[] = {
	{ FROM "mkdir d; (cd d; git init -q sub; cd sub; git commit -q --allow-empty -m x)",
	  "f 644 Dockerfile FROM a|\nd 755 d/\nd 755 d/sub/",
	  "input: 'd/sub' is a submodule, its files are not in the repository",
	  "'image.submodules = empty' makes it an empty folder; else name it in .dockerignore" },
	{ FROM "mkdir d; " POINTER ">d/big",
	  "f 644 Dockerfile FROM a|\nd 755 d/\nf 644 d/big version "
	  "https://git-lfs.github.com/spec/v1|oid sha256:0000000000000000000000000000000000000000"
	  "000000000000000000000000|size 1|",
	  "input: 'd/big' is a pointer of Git LFS, the file itself is not in the repository",
	  "'image.lfs = keep' takes the pointer; else name the file in .dockerignore" },
};

static void test_submodules_and_lfs_pointers_are_refused_unless_allowed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(special); i++) {
		AUTO(repo_freep) struct git_repo *repo = NULL;
		AUTO(context_freep) struct context *context = NULL;
		AUTO(buf_release) struct buf tar = BUF_INIT(16 * MIB);
		AUTO(buf_release) struct buf listing = BUF_INIT(16 * MIB);
		struct context_options allowed = { .allow_submodules = true, .allow_lfs = true };
		struct error err = { 0 };
		char name[32];

		snprintf(name, sizeof(name), "special%zu", i);
		make_repository(name, special[i].script);
		read_whole(name, allowed, &tar);
		list_tar(&tar, &listing);
		assert_string_equal(listing.data, special[i].listing);
		repo = fixture_open(name);
		context = open_context(repo, (struct context_options){ 0 }, &err);
		assert_int_equal(read_context(context, 1000, &tar, &err), -1);
		assert_string_equal(fixture_error(&err), special[i].error);
		assert_string_equal(err.hint, special[i].hint);
		/* Dropped, they disturb nobody. */
		fixture_run("cd %s && echo d >.dockerignore && git add -A && git commit -qm two",
			    name);
		buf_reset(&tar);
		buf_reset(&listing);
		read_whole(name, (struct context_options){ 0 }, &tar);
		list_tar(&tar, &listing);
		assert_string_equal(listing.data,
				    "f 644 .dockerignore d|\nf 644 Dockerfile FROM a|");
	}
}

static void test_a_missing_blob_is_an_error_that_names_its_path(void **state)
{
	AUTO(buf_release) struct buf tar = BUF_INIT(16 * MIB);
	AUTO(repo_freep) struct git_repo *repo = NULL;
	AUTO(context_freep) struct context *context = NULL;
	struct error err = { 0 };

	(void)state;
	make_repository("partial", FROM "mkdir d; echo lost >d/x");
	fixture_run("cd partial; id=$(git rev-parse HEAD:d/x)\n"
		    "rm -f .git/objects/$(echo $id | cut -c1-2)/$(echo $id | cut -c3-)");
	repo = fixture_open("partial");
	context = open_context(repo, (struct context_options){ 0 }, &err);
	assert_non_null(context);
	assert_int_equal(read_context(context, 1000, &tar, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_memory_equal(err.message, "'d/x': object ", 14);
	assert_string_not_equal(err.hint, "");
}

static void test_what_only_looks_like_an_lfs_pointer_is_a_file(void **state)
{
	AUTO(buf_release) struct buf tar = BUF_INIT(16 * MIB);

	(void)state;
	make_repository("likely", FROM "echo 'version https://git-lfs.github.com/spec/v1' >a\n"
				       "(echo; " POINTER ") >b; (" POINTER "; seq 1000) >c");
	read_whole("likely", (struct context_options){ 0 }, &tar);
}

static void test_times_depend_on_path_and_content_alone(void **state)
{
	AUTO(digest_release) struct digest digest = { 0 };
	struct error err = { 0 };
	struct timespec time;

	(void)state;
	assert_int_equal(digest_init(&digest, &err), 0);
	for (int i = 0; i < 2; i++) {
		/* SHA-256 of "a\0x": 8b86bced 10290476e3cbf7ec... */
		time = entry_mtime(&digest, "a", "x");
		assert_int_equal(time.tv_sec, 946684800 + (0x8b86bced & 0x1ffffff));
		assert_int_equal(time.tv_nsec, 0x10290476e3cbf7ecULL % 1000000000);
	}
	assert_int_not_equal(entry_mtime(&digest, "a", "y").tv_nsec, time.tv_nsec);
	assert_int_not_equal(entry_mtime(&digest, "b", "x").tv_nsec, time.tv_nsec);
	assert_int_not_equal(entry_mtime(&digest, "ax", "").tv_nsec, time.tv_nsec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_tar_holds_what_git_archive_holds),
		cmocka_unit_test(test_the_same_tree_gives_the_same_bytes_everywhere),
		cmocka_unit_test(test_pieces_of_any_size_and_again_after_a_rewind),
		cmocka_unit_test(test_which_files_are_in_the_context),
		cmocka_unit_test(test_what_cannot_be_a_context),
		cmocka_unit_test(test_a_dockerfile_that_was_not_committed_is_pointed_out),
		cmocka_unit_test(test_submodules_and_lfs_pointers_are_refused_unless_allowed),
		cmocka_unit_test(test_a_missing_blob_is_an_error_that_names_its_path),
		cmocka_unit_test(test_what_only_looks_like_an_lfs_pointer_is_a_file),
		cmocka_unit_test(test_times_depend_on_path_and_content_alone),
	};

	return cmocka_run_group_tests_name("context/context", tests, fixture_start, fixture_end);
}
