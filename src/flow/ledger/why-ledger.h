/* SPDX-License-Identifier: MIT */
#pragma once
/* What the ledger of a commit and of its first parents says of an image's content. */
#include "flow/job.h"

/* A build on record; its commit is "" if there is none. */
struct why_build {
	char sha[41];
	char *at;
	char *key;
	struct strmap inputs; /* none: they were not noted */
	bool is_sealed;
};

/* The builds before: the first of those in a row, from the commit on, that have the
 * job's key, and the one before it, of another key. */
struct why_past {
	struct why_build same, other;
};

void why_past_release(struct why_past *past);
/* `is_alone`: the image has no other platform. job->key may be NULL. */
int why_past_find(const struct job *job, bool is_alone, struct why_past *ret_past,
		  struct error *err) CHECK;

void why_build_release(struct why_build *build);
/* The image's last build of that key; its commit is "" if none is on record. */
int why_recall(const struct job *job, const char *key, struct why_build *ret_build,
	       struct error *err) CHECK;
