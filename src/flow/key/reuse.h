/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What the content key saves (promise 6): if the image that :latest or the commit's
 * first parent has here was made of the same inputs, the commit's own is stamped
 * from it and nothing is built.
 */
#include "flow/job.h"

/* Finds the key, for the stamp to note it, and 1 if there is an image to be stamped
 * instead of a build: job->content_id is then set. 0: it has to be built. */
int reuse_content(struct job *job, struct error *err) CHECK;
