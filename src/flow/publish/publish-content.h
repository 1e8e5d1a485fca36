/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The content tag in the registry: VERSION-KEY16, under which an image is found by what
 * went into it. It is a cache and no publication: it needs no trial, and no other tag
 * moves with it. That of an image with its key and stamp is left alone.
 */
#include "flow/job.h"

struct content_push {
	const char *tag;
	bool replaces; /* also what is there */
};

/* Pushes job->image under the tag and reads it back. Another image under it is
 * ERROR_CONFLICT. `ret_was_there`: nothing had to be done. */
int publish_content(struct job *job, const struct content_push *push, bool *ret_was_there,
		    struct error *err) CHECK;
