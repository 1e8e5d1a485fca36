/* SPDX-License-Identifier: MIT */
#pragma once
/* Commits in the order of `git log`: newest first by the committer's date. */
#include "git/commit.h"

struct git_log;

/* Begins at a commit; leaves out `since` and what it comes from (NULL: nothing). Ends
 * where a shallow clone does. */
int git_log_open(struct git_repo *repo, const char *sha, const char *since,
		 struct git_log **ret_log, struct error *err) CHECK;
/* 1 with the next commit, which the caller releases; 0 at the end; -1. */
int git_log_next(struct git_log *log, struct commit *ret_commit, struct error *err) CHECK;
void git_log_free(struct git_log *log);
void git_log_freep(struct git_log **log);
