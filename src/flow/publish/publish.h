/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Publication in phases: blobs and manifest by digest, which no tag shows; then
 * :<sha7>, read back; then :latest gets those same bytes, and only if the commit
 * that it holds is a proven ancestor of ours. No registry has compare-and-swap:
 * :latest is read right before the write, right after it, and once more after
 * max(250 ms, 10 times the write). Between these two a caller may do other work,
 * so that the wait costs nothing. publish-set.h has the phases' order.
 */
#include "flow/jobs.h"
#include "flow/publish/tags.h"

enum latest_outcome {
	LATEST_NOT_TRIED,
	LATEST_MOVED,
	LATEST_ALREADY,	     /* it holds these bytes */
	LATEST_SUPERSEDED,   /* it holds a descendant of ours */
	LATEST_UNDETERMINED, /* not known whether ours is newer */
	LATEST_OTHER_BRANCH, /* ours is not on image.deploy */
};

/* A tag that only goes forward. */
struct moving_tag {
	const struct tag *tag; /* of image.tag; NULL: :latest */
	const char *name;
	char *reference; /* repository:name */
	enum latest_outcome outcome;
	int64_t confirm_at_ms; /* monotonic; 0: nothing to confirm */
};

struct publication {
	struct job *job;   /* the only one, or the first of several platforms */
	struct jobs *jobs; /* of all platforms; NULL: the only one */
	/* Of each platform, under a tag of its own. They, and `fixed`, borrow the
	 * registry. */
	struct publication *parts;
	struct reference reference;
	struct registry *registry;
	char *tag;			   /* :<sha7>, or a platform's */
	char *name;			   /* repository:tag */
	struct registry_manifest held;	   /* what the tag held first, if not ours; may be empty */
	struct registry_manifest manifest; /* what it is to hold; empty: the engine's push tells */
	struct tag_list tags;		   /* besides :<sha7> and :latest */
	struct publication *fixed;	   /* those of `tags` that never move */
	size_t fixed_len;
	struct moving_tag *moving; /* the others, then :latest */
	size_t moving_len;
	struct step step; /* over all of it; its job is NULL once it has ended */
	/* For tests: instead of the wait for a confirmation. */
	int (*wait)(void *arg, struct error *err);
	void *wait_arg;
	bool was_there; /* :<sha7> needed no push */
	bool is_pushed; /* the engine's own push sets :<sha7>, or a part's */
};

#define PUBLICATION_INIT                                                                           \
	{                                                                                          \
		.held = REGISTRY_MANIFEST_INIT, .manifest = REGISTRY_MANIFEST_INIT                 \
	}

/* Names it and all its tags; the jobs outlive it. Of several platforms each goes
 * under its own tag first, then an index of them all under :<sha7>. */
int publication_init(struct publication *publication, struct jobs *jobs, struct error *err) CHECK;
void publication_release(struct publication *publication);

/* Without a registry, or another target, for its repository: ERROR_INPUT. */
int publish_check_registry(const struct job *job, struct error *err) CHECK;

/* "moved", "already", "superseded", "undetermined", "other-branch"; "" if not tried. */
const char *latest_outcome_name(enum latest_outcome outcome);

/* The phases, one after the other. In a dry run the first says what would be done
 * and the others do nothing. An error has the publication's name before it. */

/*
 * Refuses what is dirty, not stamped with this commit, or without a passing
 * trial (--untested overrides and is recorded), and a tag that holds another
 * commit. Finds out what is there already.
 */
int publish_open(struct publication *publication, struct error *err) CHECK;
/* Blobs, then the manifest by digest; nothing where the engine has to push. */
int publish_blobs(struct publication *publication, struct error *err) CHECK;
/* :<sha7>, which is read back, and the fixed ones of image.tag. */
int publish_tags(struct publication *publication, struct error *err) CHECK;
/* The moving ones of image.tag, then :latest, as far as they may move. */
int publish_latest(struct publication *publication, struct error *err) CHECK;
/* Reads what moved once more, repairs it, reports and adds the records. */
int publish_confirm(struct publication *publication, struct error *err) CHECK;
