/* SPDX-License-Identifier: MIT */
#pragma once
/* Images of ours that a registry may have: read and judged before anything is made of them. */
#include "flow/job.h"

/* What a tag in the registry has to hold, to become which tag here. */
struct ensure_wanted {
	const char *tag;
	const char *local_tag;
	bool is_commit; /* of this commit, else of the content */
};

/* 1, and which one: the registry has what is wanted; 0: it has none that is of use; -1. */
int ensure_find_remote(const struct job *job, const struct ensure_wanted *wanted,
		       struct registry_digest *ret_digest, struct error *err) CHECK;
/* 1: it is here under its local tag, or would be but for a dry run; 0: the registry has none
 * that is of use; -1. What was found
 * is pulled by its digest. */
int ensure_take_remote(struct job *job, const struct ensure_wanted *wanted,
		       struct error *err) CHECK;
