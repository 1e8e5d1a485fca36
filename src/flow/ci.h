/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What CI says in its variables about the commit: GitHub (and those that imitate
 * it) and GitLab. It is taken only if it is about the very commit that is meant.
 */
#include "base/error.h"

/* The branch whose commit this is; NULL if CI names none. That of a pull request from another
 * repository is none: it may be called as one of ours. */
int ci_branch(const char *sha, char **ret_branch, struct error *err) CHECK;

/* Is that a merge commit that CI made to try a pull request, which no branch will ever
 * have? Then the head of the pull request, else NULL. */
int ci_pull_request_head(const char *sha, char **ret_head, struct error *err) CHECK;
