/* SPDX-License-Identifier: MIT */
#include "flow/ledger/ledger.h"

#include <string.h>

#include "base/process.h"
#include "flow/ledger/record.h"
#include "git/commit.h"
#include "git/config.h"
#include "git/notes-merge.h"

#define TRACKING_PATTERN "refs/notes/remotes/*/image"
/* So many times somebody else may be faster. */
#define PUSHES_MAX 5

/* git itself, for what it does best; its errors are shown as it writes them. 1 if it
 * failed. */
static int run_git(struct git_repo *repo, const char *const words[6], struct error *err)
{
	AUTOFREE char *folder = str_format(err, "--git-dir=%s", repo_git_folder(repo));
	AUTO(buf_release) struct buf output = BUF_INIT(LIMIT_PEER_TEXT);
	const char *argv[9] = { "git", folder };
	int code;

	memcpy(argv + 2, words, 6 * sizeof(*words));
	if (!folder || process_run(&(struct process_options){ .argv = argv, .shows_errors = true },
				   &output, &code, err))
		return -1;
	return code != 0;
}

static int fail(const char *what, const char *action, const char *subject, struct error *err)
{
	error_set(err, ERROR_UNREACHABLE, "cannot %s the ledger: 'git %s %s' failed", what, action,
		  subject);
	return error_hint(err, "git says above why");
}

struct remote_search {
	const char *remote;
	const char *refspec;
	bool is_there, fetches;
};

static int look_at_entry(void *arg, const struct config_entry *entry, struct error *err)
{
	struct remote_search *search = arg;

	(void)err;
	if (!str_equal(entry->subsection, search->remote))
		return 0;
	search->is_there |= !strcmp(entry->name, "url");
	search->fetches |=
		!strcmp(entry->name, "fetch") && str_equal(entry->value, search->refspec);
	return 0;
}

/* A pattern, for git fails over a plain ref that the remote has not got yet. */
static char *refspec_of(const char *remote, struct error *err)
{
	return str_format(err, "+" RECORD_REF "*:refs/notes/remotes/%s/image*", remote);
}

static int find_remote(struct git_repo *repo, struct remote_search *search, struct error *err)
{
	if (config_read_user(repo, "remote", look_at_entry, search, err))
		return -1;
	if (search->is_there)
		return 0;
	error_set(err, ERROR_INPUT, "no remote '%s' in the repository", search->remote);
	return error_hint(err, "git remote add %s URL", search->remote);
}

int ledger_set_up(struct git_repo *repo, const char *remote, bool is_dry_run, struct error *err)
{
	AUTOFREE char *refspec = refspec_of(remote, err);
	AUTOFREE char *key = str_format(err, "remote.%s.fetch", remote);
	struct remote_search search = { .remote = remote, .refspec = refspec };
	const char *const words[6] = { "config", "--local", "--add", key, refspec };
	int status;

	if (!refspec || !key || find_remote(repo, &search, err))
		return -1;
	if (search.fetches || is_dry_run)
		return search.fetches;
	status = run_git(repo, words, err);
	return status <= 0 ? status : fail("set up", "config --add", key, err);
}

int ledger_join(struct git_repo *repo, struct event_sink *sink, struct error *err)
{
	AUTO(strv_release) struct strv refs = { 0 };

	if (notes_find_refs(repo, TRACKING_PATTERN, &refs, err))
		return -1;
	for (size_t i = 0; i < refs.len; i++) {
		struct notes_merged merged;

		if (notes_merge(repo, RECORD_REF, refs.items[i], &merged, err))
			return -1;
		if (merged.commits)
			event_notice(sink, "%zu commit%s more on record, from '%s'", merged.commits,
				     merged.commits == 1 ? " has" : "s have", refs.items[i]);
		if (merged.refused)
			event_warning(sink, "%zu of the notes of '%s' cannot be read: left out",
				      merged.refused, refs.items[i]);
	}
	return 0;
}

int ledger_refresh(struct git_repo *repo, struct event_sink *sink, struct error *err)
{
	if (!ledger_join(repo, sink, err))
		return 0;
	if (error_is(err, ERROR_INTERRUPTED) || error_is(err, ERROR_MEMORY))
		return -1;
	event_warning(sink, "what was fetched is left out: %s", err->message);
	error_clear(err);
	return 0;
}

int ledger_pull(struct git_repo *repo, const char *remote, struct event_sink *sink,
		struct error *err)
{
	AUTOFREE char *refspec = refspec_of(remote, err);
	struct remote_search search = { .remote = remote, .refspec = refspec };
	const char *const words[6] = { "fetch", "--quiet", "--no-tags", "--", remote, refspec };
	int status;

	if (!refspec || find_remote(repo, &search, err))
		return -1;
	status = run_git(repo, words, err);
	if (status)
		return status < 0 ? -1 : fail("fetch", "fetch", remote, err);
	return ledger_join(repo, sink, err);
}

/* What the remote's ledger was when it was fetched; "" if it has none. */
static int find_tracked(struct git_repo *repo, const char *remote, char ret_sha[41],
			struct error *err)
{
	AUTOFREE char *ref = str_format(err, "refs/notes/remotes/%s/image", remote);
	AUTO(commit_release) struct commit commit = { 0 };

	if (!ref)
		return -1;
	if (commit_resolve(repo, ref, &commit, err)) {
		if (!error_is(err, ERROR_NOT_FOUND) && !error_is(err, ERROR_INPUT))
			return -1;
		error_clear(err);
	}
	memcpy(ret_sha, commit.sha, sizeof(commit.sha));
	return 0;
}

int ledger_push(struct git_repo *repo, const char *remote, struct event_sink *sink,
		struct error *err)
{
	const char *const words[6] = { "push", "--quiet", "--no-verify",
				       "--",   remote,	  RECORD_REF ":" RECORD_REF };
	AUTO(strv_release) struct strv refs = { 0 };
	char before[41], now[41] = "none";

	if (notes_find_refs(repo, RECORD_REF, &refs, err))
		return -1;
	for (int i = 0; i < PUSHES_MAX; i++) {
		int status;

		memcpy(before, now, sizeof(before));
		if (ledger_pull(repo, remote, sink, err) || find_tracked(repo, remote, now, err))
			return -1;
		if (!refs.len && !now[0])
			return error_set(err, ERROR_NOT_FOUND, "nothing is on record yet");
		/* It failed for another reason than that somebody was faster. */
		if (!strcmp(before, now))
			break;
		status = run_git(repo, words, err);
		if (status <= 0)
			return status;
	}
	return fail("push", "push", remote, err);
}
