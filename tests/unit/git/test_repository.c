/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

#include "base/str.h"
#include "git/repository.h"

static const char *below(const char *name)
{
	char text[256];

	snprintf(text, sizeof(text), "ROOT/%s", name);
	return fixture_text(text);
}

static int make_repositories(void **state)
{
	if (fixture_start(state))
		return -1;
	fixture_run("git init -q plain; cd plain; echo a >a; mkdir -p sub/deep; git add a;"
		    "git commit -q -m 'first'; git branch other; cd ..;"
		    "git clone -q --bare plain bare.git;"
		    "git -C plain worktree add -q ../linked other;"
		    "git -C plain commit -q --allow-empty -m second;"
		    "git clone -q --depth 1 file://$PWD/plain shallow;"
		    "git init -q unborn; mkdir empty;"
		    "git init -q --object-format=sha256 sha256;"
		    "git init -q extended; cd extended;"
		    "git config core.repositoryFormatVersion 1;"
		    "git config extensions.worktreeConfig true;"
		    "git config extensions.partialClone origin;"
		    "git config --worktree remote.origin.url /from/the/worktree");
	return 0;
}

static const struct {
	const char *path;
	const char *git_folder;
	const char *common_folder;
	const char *work_folder;
	const char *branch;
	bool is_shallow;
} repositories[] = {
	{ "plain", "plain/.git", "plain/.git", "plain", "main", false },
	{ "plain/sub/deep", "plain/.git", "plain/.git", "plain", "main", false },
	{ "plain/.git", "plain/.git", "plain/.git", "plain", "main", false },
	{ "bare.git", "bare.git", "bare.git", NULL, "main", false },
	{ "linked", "plain/.git/worktrees/linked", "plain/.git", "linked", "other", false },
	{ "shallow", "shallow/.git", "shallow/.git", "shallow", "main", true },
	{ "unborn", "unborn/.git", "unborn/.git", "unborn", "main", false },
	{ "extended", "extended/.git", "extended/.git", "extended", "main", false },
};

static void test_each_kind_of_repository_opens(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(repositories); i++) {
		AUTO(repo_freep) struct git_repo *repo = fixture_open(repositories[i].path);
		AUTOFREE char *branch = NULL;
		const char *work_folder = repositories[i].work_folder;
		struct error err = { 0 };

		assert_string_equal(repo_git_folder(repo), below(repositories[i].git_folder));
		assert_string_equal(repo_common_folder(repo), below(repositories[i].common_folder));
		if (work_folder)
			assert_string_equal(repo_work_folder(repo), below(work_folder));
		else
			assert_null(repo_work_folder(repo));
		assert_int_equal(repo_is_shallow(repo), repositories[i].is_shallow);
		assert_int_equal(repo_branch(repo, &branch, &err), 0);
		assert_string_equal(branch, repositories[i].branch);
		assert_false(repo_is_rebasing(repo));
	}
}

/* What the variables said holds for it too, though they are gone. */
static void test_it_opens_once_more_for_another_thread(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(repositories); i++) {
		AUTO(repo_freep) struct git_repo *repo = fixture_open(repositories[i].path);
		AUTO(repo_freep) struct git_repo *again = NULL;
		const char *work_folder = repo_work_folder(repo);
		struct error err = { 0 };

		assert_int_equal(repo_open_again(repo, &again, &err), 0);
		assert_string_equal(repo_git_folder(again), repo_git_folder(repo));
		assert_string_equal(repo_common_folder(again), repo_common_folder(repo));
		assert_int_equal(!repo_work_folder(again), !work_folder);
		if (work_folder)
			assert_string_equal(repo_work_folder(again), work_folder);
	}
}

static void test_it_opens_once_more_as_it_was_named(void **state)
{
	AUTO(repo_freep) struct git_repo *repo = NULL, *again = NULL;
	AUTOFREE char *url = NULL;
	struct error err = { 0 };

	(void)state;
	setenv("GIT_DIR", below("plain/.git"), 1);
	setenv("GIT_WORK_TREE", below("empty"), 1);
	setenv("GIT_OBJECT_DIRECTORY", below("bare.git/objects"), 1);
	setenv("GIT_CONFIG_COUNT", "1", 1);
	setenv("GIT_CONFIG_KEY_0", "remote.origin.url", 1);
	setenv("GIT_CONFIG_VALUE_0", "/by/a/variable", 1);
	assert_int_equal(repo_open(NULL, &repo, &err), 0);
	unsetenv("GIT_DIR");
	unsetenv("GIT_WORK_TREE");
	unsetenv("GIT_OBJECT_DIRECTORY");
	unsetenv("GIT_CONFIG_COUNT");
	unsetenv("GIT_CONFIG_KEY_0");
	unsetenv("GIT_CONFIG_VALUE_0");
	assert_int_equal(repo_open_again(repo, &again, &err), 0);
	assert_string_equal(repo_work_folder(again), below("empty"));
	assert_int_equal(repo_remote_url(again, "origin", &url, &err), 0);
	assert_string_equal(url, "/by/a/variable");
}

static void test_a_detached_head_has_no_branch(void **state)
{
	AUTO(repo_freep) struct git_repo *repo = NULL;
	char *branch = NULL;
	struct error err = { 0 };

	(void)state;
	fixture_run("git clone -q plain detached; git -C detached checkout -q --detach");
	repo = fixture_open("detached");
	assert_int_equal(repo_branch(repo, &branch, &err), 0);
	assert_null(branch);
}

static void test_a_rebase_is_seen(void **state)
{
	AUTO(repo_freep) struct git_repo *repo = NULL;

	(void)state;
	fixture_run("git clone -q plain rebasing; cd rebasing;"
		    "git -c core.editor='sed -i 1ibreak' rebase -q -i HEAD^ 2>/dev/null");
	repo = fixture_open("rebasing");
	assert_true(repo_is_rebasing(repo));
}

static const struct {
	const char *path;
	const char *error;
	const char *hint;
} refused[] = {
	{ "empty", "input: not a git repository (or any parent): 'ROOT/empty'",
	  "'git init' makes one" },
	{ "absent", "input: not a git repository (or any parent): 'ROOT/absent'",
	  "'git init' makes one" },
	{ "sha256", "input: the repository 'ROOT/sha256' names its objects by sha256",
	  "only repositories with SHA-1 names are supported" },
};

static void test_what_is_no_repository_for_us_says_why(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct git_repo *repo = NULL;
		struct error err = { 0 };

		assert_int_equal(repo_open(below(refused[i].path), &repo, &err), -1);
		assert_string_equal(fixture_error(&err), fixture_text(refused[i].error));
		assert_string_equal(error_get_hint(&err), refused[i].hint);
	}
}

static const struct {
	const char *here;
	const char *git_dir, *work_tree; /* NULL: not set */
	const char *git_folder, *work_folder;
	const char *error; /* instead of a repository */
} environments[] = {
	{ "plain/sub", NULL, NULL, "plain/.git", "plain", NULL },
	{ "empty", "../plain/.git", NULL, "plain/.git", "plain", NULL },
	{ "empty", "../bare.git", "../empty", "bare.git", "empty", NULL },
	{ "linked", "../plain/.git/worktrees/linked", NULL, "plain/.git/worktrees/linked", "linked",
	  NULL },
	{ "plain", "nowhere", NULL, NULL, NULL, "input: not a git repository: 'nowhere'" },
};

static void test_the_environment_names_the_repository(void **state)
{
	char before[256];

	(void)state;
	assert_non_null(getcwd(before, sizeof(before)));
	for (size_t i = 0; i < ARRAY_SIZE(environments); i++) {
		AUTO(repo_freep) struct git_repo *repo = NULL;
		struct error err = { 0 };

		assert_int_equal(chdir(below(environments[i].here)), 0);
		if (environments[i].git_dir)
			setenv("GIT_DIR", environments[i].git_dir, 1);
		if (environments[i].work_tree)
			setenv("GIT_WORK_TREE", environments[i].work_tree, 1);
		(void)!repo_open(NULL, &repo, &err);
		unsetenv("GIT_DIR");
		unsetenv("GIT_WORK_TREE");
		assert_int_equal(chdir(before), 0);
		assert_string_equal(fixture_error(&err),
				    environments[i].error ? environments[i].error : "");
		if (!repo)
			continue;
		assert_string_equal(repo_git_folder(repo), below(environments[i].git_folder));
		assert_string_equal(repo_work_folder(repo), below(environments[i].work_folder));
	}
}

static const struct {
	const char *name;
	const char *safe; /* config lines */
	const char *sudo; /* SUDO_UID */
	bool is_refused;
} owners[] = {
	{ "nothing is said", NULL, NULL, true },
	{ "another folder is safe", "directory = ROOT/plain", NULL, true },
	{ "this one is safe", "directory = ROOT/foreign", NULL, false },
	{ "a slash at its end", "directory = ROOT/foreign/", NULL, false },
	{ "by the home", "directory = ~/foreign", NULL, false },
	{ "all are safe", "directory = *", NULL, false },
	{ "all below are safe", "directory = ROOT/*", NULL, false },
	{ "an empty value forgets", "directory = *\n\tdirectory =", NULL, true },
	{ "the caller of sudo owns it", NULL, "4242", false },
	{ "somebody else called sudo", NULL, "4243", true },
};

static void test_a_foreign_repository_is_refused_as_git_does(void **state)
{
	(void)state;
	if (geteuid())
		skip(); /* only root can give a folder away */
	fixture_run("cp -r plain foreign; chown -R 4242 foreign; cp .gitconfig saved");
	for (size_t i = 0; i < ARRAY_SIZE(owners); i++) {
		AUTO(repo_freep) struct git_repo *repo = NULL;
		struct error err = { 0 };
		const char *refusal = fixture_text(
			"input: the repository 'ROOT/foreign' belongs to another user");

		fixture_run("(cat saved; printf '[safe]\\n%%s\\n' '%s') >.gitconfig",
			    owners[i].safe ? fixture_text(owners[i].safe) : "");
		if (owners[i].sudo)
			setenv("SUDO_UID", owners[i].sudo, 1);
		(void)!repo_open(below("foreign"), &repo, &err);
		unsetenv("SUDO_UID");
		if (strcmp(fixture_error(&err), owners[i].is_refused ? refusal : ""))
			fail_msg("%s: %s", owners[i].name, fixture_error(&err));
		if (owners[i].is_refused)
			assert_string_equal(error_get_hint(&err),
					    fixture_text("if you trust it: git config --global "
							 "--add safe.directory 'ROOT/foreign'"));
	}
	fixture_run("mv saved .gitconfig");
}

static void test_a_remote_has_the_url_that_is_configured(void **state)
{
	AUTO(repo_freep) struct git_repo *plain = NULL, *extended = NULL;
	AUTOFREE char *url = NULL, *none = NULL, *own = NULL;
	struct error err = { 0 };

	(void)state;
	fixture_run("git -C plain config remote.up.url https://u:p@example.com/a/b.git;"
		    "git -C plain config url.https://example.com/.insteadOf short:;"
		    "git -C plain config remote.alias.url short:c/d");
	plain = fixture_open("plain");
	extended = fixture_open("extended");
	assert_int_equal(repo_remote_url(plain, "up", &url, &err), 0);
	assert_string_equal(url, "https://u:p@example.com/a/b.git");
	free(TAKE(url));
	assert_int_equal(repo_remote_url(plain, "alias", &url, &err), 0);
	assert_string_equal(url, "https://example.com/c/d");
	assert_int_equal(repo_remote_url(plain, "none", &none, &err), 0);
	assert_null(none);
	assert_int_equal(repo_remote_url(extended, "origin", &own, &err), 0);
	assert_string_equal(own, "/from/the/worktree");
}

static const struct {
	const char *url;
	const char *shown;
} urls[] = {
	{ "https://host/a/b.git", "https://host/a/b.git" },
	{ "https://user:pw@host/a", "https://host/a" },
	{ "https://token@host:8443/a?x=y#z", "https://host:8443/a" },
	{ "https://u:p@w@host/a@b", "https://host/a@b" },
	{ "https://host?token=x", "https://host" },
	{ "ssh://git@host:22/a/b", "ssh://host:22/a/b" },
	{ "git@host:owner/app.git", "https://host/owner/app.git" },
	{ "host:/srv/app.git", "https://host/srv/app.git" },
	{ "/srv/a:b", "/srv/a:b" },
	{ "./a@b:c", "./a@b:c" },
	{ "../up", "../up" },
	{ "file:///srv/app", "file:///srv/app" },
	{ "", "" },
};

static void test_urls_are_shown_without_credentials(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
		struct error err = { 0 };
		AUTOFREE char *shown = repo_url_without_credentials(urls[i].url, &err);

		assert_string_equal(shown, urls[i].shown);
	}
}

/* It would cost most of a run with nothing to do (src/git/start.c). */
static void test_libgit2_reads_no_certificates(void **state)
{
	const void *reader = dlsym(RTLD_DEFAULT, "mbedtls_x509_crt_parse_file");
	Dl_info program, found;

	(void)state;
	if (!reader)
		return; /* this libgit2 does without mbed TLS */
	assert_true(dladdr((const void *)&urls, &program));
	assert_true(dladdr(reader, &found));
	assert_ptr_equal(found.dli_fbase, program.dli_fbase);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_kind_of_repository_opens),
		cmocka_unit_test(test_it_opens_once_more_for_another_thread),
		cmocka_unit_test(test_it_opens_once_more_as_it_was_named),
		cmocka_unit_test(test_a_detached_head_has_no_branch),
		cmocka_unit_test(test_a_rebase_is_seen),
		cmocka_unit_test(test_what_is_no_repository_for_us_says_why),
		cmocka_unit_test(test_the_environment_names_the_repository),
		cmocka_unit_test(test_a_foreign_repository_is_refused_as_git_does),
		cmocka_unit_test(test_a_remote_has_the_url_that_is_configured),
		cmocka_unit_test(test_urls_are_shown_without_credentials),
		cmocka_unit_test(test_libgit2_reads_no_certificates),
	};

	return cmocka_run_group_tests(tests, make_repositories, fixture_end);
}
