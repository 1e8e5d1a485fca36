/* SPDX-License-Identifier: MIT */
#pragma once
/* Commits: which one is meant, how two of them relate, what a tag calls one. */
#include <stdint.h>

#include "git/repository.h"

struct commit {
	char sha[41];
	char tree[41];
	char parent[41]; /* the first; "": there is none */
	int64_t time;  /* the committer's, seconds since 1970 */
	char *subject; /* first paragraph of the message on one line */
};

void commit_release(struct commit *commit);

/* Any revision that git knows, tags peeled. Unborn: ERROR_INPUT; no such
 * revision: ERROR_NOT_FOUND. */
int commit_resolve(struct git_repo *repo, const char *revision, struct commit *ret_commit,
		   struct error *err) CHECK;

enum commit_relation {
	COMMIT_SAME,
	COMMIT_ANCESTOR,
	COMMIT_DESCENDANT,
	COMMIT_DIVERGED,  /* neither, but with a common ancestor */
	COMMIT_UNRELATED, /* no common ancestor */
	COMMIT_UNKNOWN,	  /* missing commits leave it open: shallow, or not fetched */
};

/* What `other` is to `sha`. A name that is no commit here is COMMIT_UNKNOWN. */
int commit_relate(struct git_repo *repo, const char *sha, const char *other,
		  enum commit_relation *ret_relation, struct error *err) CHECK;

/*
 * As `git describe --tags` prints it with 7 digits: "v1.2.3", "v1.2.3-4-g1f2e3d4". NULL if no tag
 * is among the nearest 10,000 ancestors.
 */
int commit_nearest_tag(struct git_repo *repo, const char *sha, char **ret_tag,
		       struct error *err) CHECK;
