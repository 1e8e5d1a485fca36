/* SPDX-License-Identifier: MIT */
#pragma once
/* The tags of the repository that name commits: refs/tags/NAME, peeled. */
#include <stdint.h>

#include "git/repository.h"

struct git_tag_name {
	char sha[41]; /* of the commit */
	char *name;   /* without refs/tags/ */
	int64_t time; /* of an annotated one */
	bool is_annotated;
	size_t order;
};

struct git_tag_names {
	struct git_tag_name *items;
	size_t len, capacity;
};

void git_tag_names_release(struct git_tag_names *tags);
/* By commit; of several an annotated one comes first, the newest of those. A tag
 * of something else than a commit, or of one that is missing, is none. */
int git_tag_names_read(struct git_repo *repo, struct git_tag_names *ret_tags,
		       struct error *err) CHECK;
/* The first one of the commit, which those of the same commit follow; NULL if there is none. */
const struct git_tag_name *git_tag_names_find(const struct git_tag_names *tags, const char *sha);
