/* SPDX-License-Identifier: MIT */
#include "../git/fixture.h"

#include "context/context.h"
#include "listing.h"

static struct context *open_worktree(struct git_repo *repo, const char *folder, struct error *err)
{
	struct context_options options = {
		.repo = repo,
		.folder = folder,
		.from_worktree = true,
	};
	struct context *context = NULL;

	if (context_open(&options, &context, err))
		assert_null(context);
	return context;
}

static void make_repository(const char *name, const char *script)
{
	fixture_run("git init -q %s && cd %s && echo 'FROM a' >Dockerfile\n%s\n"
		    "git add -A && git commit -qm one",
		    name, name, script);
}

/* The listing, or the error. */
static const char *list_worktree(const char *name, const char *folder)
{
	static struct buf listing = BUF_INIT(MIB);
	AUTO(buf_release) struct buf tar = BUF_INIT(MIB);
	AUTO(repo_freep) struct git_repo *repo = fixture_open(name);
	struct error err = { 0 };
	AUTO(context_freep) struct context *context = open_worktree(repo, folder, &err);

	buf_release(&listing);
	if (context && !read_context(context, 1000, &tar, &err))
		list_tar(&tar, &listing);
	if (err.kind)
		buf_add_text(&listing, fixture_error(&err));
	return listing.data;
}

static const char *hash_worktree(const char *name)
{
	static struct digest_text hashes[2];
	static unsigned next;
	struct digest_text *hash = &hashes[next++ % 2];
	AUTO(repo_freep) struct git_repo *repo = fixture_open(name);
	struct error err = { 0 };
	AUTO(context_freep) struct context *context = open_worktree(repo, "", &err);

	assert_non_null(context);
	assert_int_equal(context_worktree_hash(context, hash, &err), 0);
	assert_true(digest_is_valid(hash->text));
	return hash->text;
}

static void test_the_work_tree_is_sent_as_it_is_on_disk(void **state)
{
	(void)state;
	make_repository("disk", "echo one >a; echo two >b; echo three >c; mkdir d; echo x >d/x\n"
				"ln -s a link; echo '*.o' >.gitignore; echo d/y >.dockerignore");
	fixture_run(
		"cd disk; echo changed >a; rm b; chmod +x c; echo new >d/new; echo no >d/new.o\n"
		"echo y >d/y; ln -sfn d link");
	assert_string_equal(list_worktree("disk", ""),
			    "f 644 .dockerignore d/y|\nf 644 .gitignore *.o|\n"
			    "f 644 Dockerfile FROM a|\nf 644 a changed|\nf 755 c three|\n"
			    "d 755 d/\nf 644 d/new new|\nf 644 d/x x|\nl 777 link -> d");
}

static void test_a_folder_of_the_work_tree(void **state)
{
	(void)state;
	make_repository("folder", "mkdir -p s/w; cp Dockerfile s/w; echo x >s/w/x; echo y >s/y");
	assert_string_equal(list_worktree("folder", "s/w"), "f 644 Dockerfile FROM a|\nf 644 x x|");
	assert_string_equal(list_worktree("folder", "s"),
			    "input: no 's/Dockerfile' in the work tree");
	assert_string_equal(list_worktree("folder", "t"), "input: no folder 't' in the work tree");
}

static void test_what_the_work_tree_cannot_send(void **state)
{
	(void)state;
	make_repository("refused", "(git init -q sub; cd sub; git commit -q --allow-empty -m x)");
	assert_string_equal(list_worktree("refused", ""),
			    "input: 'sub' is a submodule, its files are not in the repository");
	make_repository("ignored", "echo x >x");
	fixture_run("cd ignored; git rm -q --cached Dockerfile; echo Dockerfile >.gitignore");
	assert_string_equal(list_worktree("ignored", ""),
			    "input: 'Dockerfile' is no part of the work tree: .gitignore names it");
	make_repository("linked", "mv Dockerfile D; ln -s D Dockerfile");
	assert_string_equal(list_worktree("linked", ""),
			    "input: 'Dockerfile' in the work tree: 'Dockerfile' is or goes through "
			    "a symlink");
}

/* Each step changes what the step before left; the hash follows or not. */
static const struct {
	const char *script;
	bool changes;
} steps[] = {
	{ "touch -d 2001-01-01 a", false },
	{ "git commit -q --allow-empty -m two", false },
	{ "echo no >x.o", false },
	{ "echo ignored >d/dropped", false },
	{ "git add -A; git commit -q -m three", false },
	{ "chmod 600 a", false },
	{ "echo changed >a", true },
	{ "chmod +x a", true },
	{ "mv a b", true },
	{ "echo new >d/new", true },
	{ "ln -s x link", true },
	{ "ln -sfn y link", true },
	{ "rm link; printf y >link", true },
	{ "echo '# a comment' >>Dockerfile", true },
	{ "git add -A; git commit -q -m four", false },
};

static void test_the_hash_follows_what_is_sent(void **state)
{
	(void)state;
	make_repository("hashed", "echo one >a; mkdir d; echo two >d/b; echo '*.o' >.gitignore\n"
				  "echo d/dropped >.dockerignore");
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		const char *before = hash_worktree("hashed"), *after;

		fixture_run("cd hashed; %s", steps[i].script);
		after = hash_worktree("hashed");
		if (steps[i].changes == !strcmp(before, after))
			fail_msg("%s: the hash is %s", steps[i].script, after);
	}
	/* Another checkout of the same. */
	fixture_run("git clone -q hashed clone; cd clone; chmod 700 b");
	assert_string_equal(hash_worktree("hashed"), hash_worktree("clone"));
}

static void test_a_work_tree_that_changes_meanwhile_is_noticed(void **state)
{
	AUTO(buf_release) struct buf tar = BUF_INIT(MIB);
	AUTO(repo_freep) struct git_repo *repo = NULL;
	AUTO(context_freep) struct context *context = NULL;
	struct digest_text hash, again;
	struct error err = { 0 };

	(void)state;
	make_repository("moving", "echo one >a");
	repo = fixture_open("moving");
	context = open_worktree(repo, "", &err);
	assert_int_equal(context_worktree_hash(context, &hash, &err), 0);
	assert_int_equal(read_context(context, 1000, &tar, &err), 0);
	fixture_run("echo two >moving/a");
	assert_int_equal(context_rewind(context, &err), 0);
	assert_int_equal(read_context(context, 1000, &tar, &err), -1);
	assert_string_equal(fixture_error(&err), "input: the work tree changed while it was read");
	assert_int_equal(context_worktree_hash(context, &again, &err), 0);
	assert_string_not_equal(hash.text, again.text);
	assert_int_equal(read_context(context, 1000, &tar, &err), 0);
}

/* What was read otherwise may have been something else. */
static void test_a_work_tree_can_be_compared_with_its_hash(void **state)
{
	static const char *const changes[] = { "echo two >a", "rm a", "echo two >b" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		AUTO(repo_freep) struct git_repo *repo = NULL;
		AUTO(context_freep) struct context *context = NULL;
		struct digest_text hash;
		struct error err = { 0 };

		fixture_run("rm -rf compared");
		make_repository("compared", "echo one >a");
		repo = fixture_open("compared");
		context = open_worktree(repo, "", &err);
		assert_int_equal(context_check_worktree(context, &err), 0);
		assert_int_equal(context_worktree_hash(context, &hash, &err), 0);
		assert_int_equal(context_check_worktree(context, &err), 0);
		fixture_run("cd compared && %s", changes[i]);
		assert_int_equal(context_check_worktree(context, &err), -1);
		assert_string_equal(fixture_error(&err),
				    "input: the work tree changed while it was read");
	}
}

static void test_a_file_that_changes_while_it_is_sent_is_noticed(void **state)
{
	AUTO(buf_release) struct buf tar = BUF_INIT(MIB);
	AUTO(repo_freep) struct git_repo *repo = NULL;
	AUTO(context_freep) struct context *context = NULL;
	struct error err = { 0 };
	char data[4096];

	(void)state;
	make_repository("growing", "head -c 100000 /dev/zero >A");
	repo = fixture_open("growing");
	context = open_worktree(repo, "", &err);
	assert_int_equal(context_read(context, data, sizeof(data), &err), sizeof(data));
	fixture_run("printf x | dd of=growing/A bs=1 seek=50000 conv=notrunc 2>/dev/null");
	assert_int_equal(read_context(context, 1000, &tar, &err), -1);
	assert_string_equal(fixture_error(&err), "input: 'A': it changed while it was read");
	assert_int_equal(context_rewind(context, &err), 0);
	assert_int_equal(context_read(context, data, sizeof(data), &err), sizeof(data));
	fixture_run("truncate -s 50000 growing/A");
	assert_int_equal(read_context(context, 1000, &tar, &err), -1);
	assert_string_equal(fixture_error(&err), "input: 'A' is shorter than it was");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_work_tree_is_sent_as_it_is_on_disk),
		cmocka_unit_test(test_a_folder_of_the_work_tree),
		cmocka_unit_test(test_what_the_work_tree_cannot_send),
		cmocka_unit_test(test_the_hash_follows_what_is_sent),
		cmocka_unit_test(test_a_work_tree_that_changes_meanwhile_is_noticed),
		cmocka_unit_test(test_a_work_tree_can_be_compared_with_its_hash),
		cmocka_unit_test(test_a_file_that_changes_while_it_is_sent_is_noticed),
	};

	return cmocka_run_group_tests_name("context/worktree", tests, fixture_start, fixture_end);
}
