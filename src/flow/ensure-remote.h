/* SPDX-License-Identifier: MIT */
#pragma once
/* Inside ensure: images of ours that a registry may have. */
#include "flow/job.h"

/* What a tag in the registry has to hold, to become which tag here. */
struct ensure_wanted {
	const char *tag;
	const char *local_tag;
	bool is_commit; /* of this commit, else of the content */
};

/* 1: it is here under its local tag, or would be but for a dry run; 0: the registry has none
 * that is of use; -1. It is read and judged first, then pulled by digest. */
int ensure_take_remote(struct job *job, const struct ensure_wanted *wanted,
		       struct error *err) CHECK;
