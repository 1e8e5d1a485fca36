/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Publication: :<sha7> first, read back; then :latest gets those same bytes,
 * and only if the commit that it holds is a proven ancestor of ours. No
 * registry has compare-and-swap: :latest is read right before the write, right
 * after it, and once more after max(250 ms, 10 times the write). Between these
 * two a caller may do other work, so that the wait costs nothing.
 */
#include "flow/jobs.h"
#include "registry/registry.h"

enum latest_outcome {
	LATEST_NOT_TRIED,
	LATEST_MOVED,
	LATEST_ALREADY,	     /* it holds these bytes */
	LATEST_SUPERSEDED,   /* it holds a descendant of ours */
	LATEST_UNDETERMINED, /* not known whether ours is newer */
	LATEST_OTHER_BRANCH, /* ours is not on image.deploy */
};

struct publication {
	struct job *job;   /* the only one, or the first of several platforms */
	struct jobs *jobs; /* of all platforms; NULL: the only one */
	struct reference reference;
	struct registry *registry;
	char *tag;			   /* :<sha7>, or a platform's */
	char *name;			   /* repository:tag */
	struct registry_manifest manifest; /* what the tag holds, or is to */
	enum latest_outcome latest;
	struct step step;      /* over all of it */
	int64_t confirm_at_ms; /* monotonic; 0: nothing to confirm */
	bool was_there;	       /* :<sha7> needed no push */
};

void publication_release(struct publication *publication);

/* "moved", "already", "superseded", "undetermined", "other-branch"; "" if not tried. */
const char *latest_outcome_name(enum latest_outcome outcome);

/*
 * Refuses what is dirty, not stamped with this commit, or without a passing
 * trial (--untested overrides and is recorded). Pushes :<sha7> unless it is
 * there, reads it back, moves :latest if it may.
 */
int publish_begin(struct job *job, struct publication *ret_publication, struct error *err) CHECK;
/* The same for one image of several platforms: each goes under its own tag
 * first, then an index of them all under :<sha7>. */
int publish_begin_all(struct jobs *jobs, struct publication *ret_publication,
		      struct error *err) CHECK;

/* Reads :latest once more, repairs it once, reports and adds the record. */
int publish_confirm(struct publication *publication, struct error *err) CHECK;
