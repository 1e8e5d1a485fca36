/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The index of what was published. Each place of image.index, a folder or a repository
 * of the user's, keeps of every image the entries
 *	PROJECT/NAME/latest			what :latest holds
 *	PROJECT/NAME/pushdate/YYYY.MM.DD.HHMMSS	a publication, by its time in UTC
 *	PROJECT/NAME/hash/KEY			what was published with that content key
 * and each is one line, "repository:tag@digest". PROJECT is the path of the remote
 * 'origin', else the folder's name, so that no commit can name another project's.
 *
 * An entry is a hint. Whoever publishes may write any of them, so one counts only if it
 * is of the image's own repository and of a commit that ours has among its ancestors or
 * that image.trustedBranch has. Branches share the entries of a key: that of a commit of
 * image.trustedBranch is replaced only by another one's.
 */
#include "flow/job.h"

struct publication;

/* A published image of the content that is asked for, as somebody said. */
struct index_hit {
	char *reference; /* "repository:tag@digest", of the job's repository */
	char sha[41];	 /* of the commit that the tag names, which the image has to hold */
};

void index_hit_release(struct index_hit *hit);
/* 1, 0 or -1. `key` as job_key_find() has it; a local one is in no index. The caller
 * reads the image of that digest and takes it only if it is stamped with hit->sha and
 * with that key. A place that does not answer is a notice, and as one without entries. */
int index_find(const struct job *job, const char *key, struct index_hit *ret_hit,
	       struct error *err) CHECK;

/* Writes the entries of what was just published and is to be recorded. A place that cannot
 * be written is a warning, for the publication stands, and the next one of the same image
 * writes them. */
int index_note(const struct publication *publication, struct error *err) CHECK;

/* A value of image.index: ERROR_INPUT. */
int index_check(const char *place, struct error *err) CHECK;
