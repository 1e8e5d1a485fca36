/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The ledger: refs/notes/image holds on each commit JSON lines, one immutable
 * fact a line. A line is a hint and never proof: who reads one checks the
 * image. Our own lines carry a seal (trust/seal.h); a trial counts as passed
 * for us only with it, unless the user trusts fetched lines.
 */
#include <stdbool.h>

#include "codec/json.h"
#include "git/repository.h"
#include "trust/seal.h"

#define RECORD_REF "refs/notes/image"

enum record_kind { RECORD_BUILD, RECORD_TRIAL, RECORD_PUBLICATION, RECORD_KIND_COUNT };

struct record {
	enum record_kind kind;
	char *run;	 /* the run's random id */
	char *image;	 /* its name in the repository */
	char *id;	 /* of the image, as the engine gives it */
	char *at;	 /* RFC 3339 */
	char *key;	 /* build, trial: of its content; NULL: not known */
	/* build: what the key was made of, as key_note() gives it. Older lines have none. */
	struct strmap inputs;
	char *result;	 /* trial: "passed", "not-ready", "failed", "spared" */
	char *of;	 /* trial that was spared: the commit whose trial counts */
	char *tests;	 /* trial: which were run, a hash of the commands */
	char *layers;	 /* trial: of what, a hash of the image's layers */
	int64_t exit_code; /* trial: of the tests */
	int64_t ready_ms;  /* trial: from start to ready */
	char *reference; /* publication: with tag */
	char *digest;	 /* publication: of the manifest */
	char *latest;	 /* publication: what became of :latest, one word */
	bool is_untested; /* publication with --untested */
	bool is_forced;	 /* publication with --move-latest */
	bool is_sealed;	 /* read: the seal is ours */
};

struct record_list {
	struct record *items;
	size_t len;
};

void record_release(struct record *record);
void record_list_release(struct record_list *list);

/* Adds facts to the ledger of `sha`, one line each. */
int record_add(struct git_repo *repo, const struct seal *seal, const char *sha,
	       const struct record_list *records, struct error *err) CHECK;

/* All facts about `sha` that can be read; lines of other versions or kinds, and
 * broken ones, are passed over. Without a key nothing counts as sealed. */
int record_read(struct git_repo *repo, const struct seal *seal, const char *sha,
		struct record_list *ret_list, struct error *err) CHECK;

/* The same of a note that was read already; adds to the list. */
int record_parse(const struct seal *seal, const char *sha, struct slice note,
		 struct record_list *list, struct error *err) CHECK;

/* Is it to be believed rather than `than` (NULL: none)? Ours before others', then the
 * newer one. */
bool record_is_better(const struct record *record, const struct record *than);
/* The newest trial of that very image, NULL if there is none. */
const struct record *record_find_trial(const struct record_list *list, const char *image,
				       const char *id, bool trusts_unsealed);
/* Is there a line of a build that made that very image, of that key (NULL: any)? */
bool record_has_build(const struct record_list *list, const char *image, const char *id,
		      const char *key);
/* The newest publication of that image, NULL if there is none. */
const struct record *record_find_publication(const struct record_list *list, const char *image);
