/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What a build reads for the images of this commit that it stands on: each parent's
 * content, whatever commit it is stamped with, so that a parent that only got a new
 * stamp leaves the steps of its children cached. The classic builder takes the content
 * image by its ID. BuildKit wants a name, and after it nothing keeps the content image:
 * there it is made again of the stamped one, in the time that a stamp takes, and has a
 * name of our run until the build is over. A BuildKit daemon has no images and takes
 * what is published.
 */
#include "flow/job.h"

struct parents {
	struct job *job;
	struct strmap names; /* as the Dockerfile names a parent: what is to stand there */
	struct strv made;    /* names in the engine that are ours */
};

/* Asks for the parents of `job`, whose context is open. */
int parents_open(struct job *job, struct parents *ret_parents, struct error *err) CHECK;
/* Takes our names back. */
void parents_release(struct parents *parents);

/* Are there any that only this engine has? */
bool parents_are_local(const struct parents *parents);
/* Where parents are local and bases are to be pulled, these are pulled by us: an engine
 * that does it looks for the parents, too. */
int parents_pull_others(const struct parents *parents, const struct strmap *build_args,
			struct error *err) CHECK;
