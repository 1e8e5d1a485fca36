/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * An archive becomes the image of its commit here: under the name that the configuration
 * gives it, with :<sha7>. Only what git-image has stamped is taken: the stamp matches
 * the layers, the SHA is full, and the commit is one of this repository. That proves no
 * origin: whoever loads a file trusts who made it, as with docker load. It has no trial
 * but those that the ledger has of that very image.
 */
#include "flow/archive/load-archive.h"
#include "flow/jobs.h"

/* The commit that the image says it is of; ERROR_INPUT if it says none, or is of a work
 * tree. The stamp is looked at later, once the configuration is known. */
const char *load_find_commit(const struct load_archive *archive, struct error *err) CHECK;
/* Is it the image of these jobs, which are of that commit: by its title, unless the jobs' is the
 * only one and has no name of its own? */
bool load_is_of(const struct jobs *jobs, const struct load_archive *archive, bool is_only);
/* Which of the platforms the job is for. 1; 0: none of them; -1. */
int load_pick(const struct job *job, const struct load_archive *archive, size_t *ret_at,
	      struct error *err) CHECK;
/* The error of an image of which no job wants any platform; always -1. */
int load_refuse_platform(const struct load_archive *archive, struct error *err);
/* Loads and tags it; :latest moves only to a later commit. Where :<sha7> holds another
 * commit: ERROR_CONFLICT. */
int load_image(struct job *job, struct load_archive *archive, size_t at, struct error *err) CHECK;
