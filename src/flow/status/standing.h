/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What a commit's image has: built, tested, published, where :latest stands,
 * and what 'make' would do. Every question has three answers: who cannot be
 * asked gives no "no".
 */
#include "flow/job.h"

enum answer { ANSWER_UNKNOWN, ANSWER_NO, ANSWER_YES };

struct standing {
	enum answer built;
	enum answer tested;
	enum answer published;
	char *built_id;
	char *key;	     /* of its content; NULL: not known */
	char *next;	     /* what 'make' would do and why, for people */
	char *tested_result; /* of the newest trial, NULL: none on record */
	char *tested_at;
	char *spared;	      /* why 'make' would not try it; NULL: it would, or it is tested */
	char *digest;	      /* of what is published */
	char *latest_sha;     /* the commit that :latest in the registry holds */
	char *latest_says;    /* where that stands to ours, for people; may be NULL */
	char *engine_error;   /* why built is unknown */
	char *registry_error; /* why published is unknown */
	bool has_registry;
	bool is_pinned;	  /* to its digest: nothing but `built` is asked, whether it is here */
	bool is_set_back; /* :latest holds an earlier commit than one that was published to it */
};

void standing_release(struct standing *standing);
/* Asks engine, ledger and registry. Only trouble with the repository itself is
 * an error. */
int standing_read(struct job *job, struct standing *ret_standing, struct error *err) CHECK;
/* "yes", "no", "unknown". */
const char *answer_name(enum answer answer);
