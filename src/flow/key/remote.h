/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * An image of a content key in its repository's registry. What a tag or the ledger names is
 * a hint: manifest and config are read, nothing else, and the stamp has to match the image.
 */
#include "flow/key/key.h"

struct remote_hint {
	const char *name; /* a tag or digest of the job's repository */
	const char *sha;  /* that the image has to be stamped with; NULL: any */
};

/* Looks at what that names. 1 if that is an image of job->key; 0, and why not in
 * `found->why`, unless nothing is there; -1. A registry that does not answer is a 0, too. */
int remote_try(struct job *job, const struct remote_hint *hint, struct key_found *found,
	       struct error *err) CHECK;
/* Does a tag name the key in the registry (image.tag = {key})? */
bool remote_has_key_tag(const struct job *job);
