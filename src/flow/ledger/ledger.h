/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The ledger of others. A remote's is fetched to refs/notes/remotes/REMOTE/image, where it
 * overwrites nothing, and joined with ours; who pushes after that moves the remote's
 * forward. Nothing is set up for pushing: it would change what a plain `git push` pushes.
 */
#include "base/event.h"
#include "git/repository.h"

/* Lets `git fetch` bring the remote's ledger, in the repository's own configuration. 1 if
 * that was so already, else 0. No such remote: ERROR_INPUT. */
int ledger_set_up(struct git_repo *repo, const char *remote, bool is_dry_run, struct error *err);
/* Joins whatever was fetched; says how much that was, if anything. */
int ledger_join(struct git_repo *repo, struct event_sink *sink, struct error *err) CHECK;
/* The same for who only reads: what hinders it is said and no error. */
int ledger_refresh(struct git_repo *repo, struct event_sink *sink, struct error *err) CHECK;
/* Fetches and joins, by git itself with the user's credentials. */
int ledger_pull(struct git_repo *repo, const char *remote, struct event_sink *sink,
		struct error *err) CHECK;
/* The same, then pushes; again if somebody was faster. Never forced. */
int ledger_push(struct git_repo *repo, const char *remote, struct event_sink *sink,
		struct error *err) CHECK;
