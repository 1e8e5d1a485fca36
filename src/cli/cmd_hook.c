/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/stubs.h"
#include "cli/work.h"
#include "git/hooks.h"
#include "report/report.h"

/* What git gives a pre-push hook: a line a ref. */
#define PUSH_LINES_MAX (64 * KIB)

#define DEFAULT_HOOK "post-commit"

static int install(struct git_repo *repo, const char *hook, struct error *err)
{
	AUTOFREE char *text = NULL;
	char path[LIMIT_PATH];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (len <= 0)
		return error_set(err, ERROR_SYSTEM, "the path of this program is not known");
	path[len] = '\0';
	text = stub_make(hook, path, err);
	return text ? hooks_install(repo, hook, text, err) : -1;
}

/* 1 if the hook was or, in a dry run, would be changed, 0 if there is nothing to remove. */
static int change_hook(struct cli *cli, struct git_repo *repo, const char *hook, bool installs,
		       struct error *err)
{
	int status = installs ? 1 : hooks_is_ours(repo, hook, err);

	if (status <= 0)
		return status;
	if (cli->options->is_dry_run) {
		event_notice(cli->sink, "would %s the %s hook", installs ? "install" : "remove",
			     hook);
		return 1;
	}
	if (installs ? install(repo, hook, err) : hooks_uninstall(repo, hook, err))
		return -1;
	report_result(cli->report, "%s the %s hook", installs ? "installed" : "removed", hook);
	return 1;
}

/* Installs the hooks that were named, else the default one; removes those that
 * were named, else all of ours. */
static int change_hooks(struct cli *cli, bool installs, struct error *err)
{
	const struct strv *words = &cli->options->words;
	AUTO(repo_freep) struct git_repo *repo = NULL;
	int changed = 0;

	for (size_t i = 1; i < words->len; i++) {
		AUTOFREE char *known = stub_make(words->items[i], "", err);

		if (!known)
			return -1;
	}
	if (repo_open(NULL, &repo, err))
		return -1;
	for (const struct stub *stub = stubs; stub->hook; stub++) {
		bool is_default = !installs || !strcmp(stub->hook, DEFAULT_HOOK);
		int status;

		if (words->len > 1 ? !strv_has(words, stub->hook) : !is_default)
			continue;
		status = change_hook(cli, repo, stub->hook, installs, err);
		if (status < 0)
			return -1;
		changed += status;
	}
	if (!changed)
		event_notice(cli->sink, "there is no such hook of ours to remove");
	return 0;
}

static int make_commit(struct cli *cli, const char *revision, struct error *err)
{
	struct options options = *cli->options;
	struct cli hooked = { .options = &options, .report = cli->report, .sink = cli->sink };
	AUTO(work_close) struct work work = { .is_hook = true };

	options.commit = revision;
	if (work_open(&work, &hooked, err))
		return -1;
	/* A rebase makes many commits; only where it ends counts. */
	if (repo_is_rebasing(work.run.repo)) {
		event_notice(cli->sink, "a rebase is under way: nothing is made of its commits");
		return 0;
	}
	return loop_make(&work.run, &work.graph, work.at_once, err);
}

static int read_input(struct buf *text, struct error *err)
{
	char chunk[4096];
	ssize_t len;

	while ((len = read(0, chunk, sizeof(chunk))) > 0)
		buf_add(text, chunk, (size_t)len);
	return buf_check(text, "the list of refs from git", err);
}

/* Lines of "<local ref> <local sha> <remote ref> <remote sha>"; a sha of zeros
 * deletes. */
static int make_pushed(struct cli *cli, struct error *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(PUSH_LINES_MAX);
	AUTO(strv_release) struct strv seen = { 0 };
	struct slice rest, line, ref, sha;

	if (read_input(&text, err))
		return -1;
	rest = buf_slice(&text);
	while (slice_cut(&rest, '\n', &line)) {
		if (!slice_cut(&line, ' ', &ref) || !slice_cut(&line, ' ', &sha) ||
		    !slice_starts(ref, "refs/heads/") || strv_add_slice(&seen, sha, err))
			continue;
		if (strspn(seen.items[seen.len - 1], "0") == sha.len)
			continue;
		if (make_commit(cli, seen.items[seen.len - 1], err))
			return -1;
	}
	return 0;
}

int cmd_hook(struct cli *cli, struct error *err)
{
	const struct strv *words = &cli->options->words;
	const char *action = words->items[0];

	if (strcmp(action, "run") != 0)
		return change_hooks(cli, !strcmp(action, "install"), err);
	if (words->len < 2)
		return error_set(err, ERROR_USAGE, "'hook run' needs the name of the hook");
	return !strcmp(words->items[1], "pre-push") ? make_pushed(cli, err)
						    : make_commit(cli, "HEAD", err);
}
