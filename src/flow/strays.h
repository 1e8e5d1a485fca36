/* SPDX-License-Identifier: MIT */
#pragma once
/* What killed runs leave in an engine, found by the label keys of ours. */
#include "flow/job.h"

/* The labels by which a later run knows a container of ours and when it may
 * go: run, host, boot, deadline (`lifetime_ms` from now). */
int strays_label(const struct run *run, int64_t lifetime_ms, struct strmap *labels,
		 struct error *err) CHECK;

/* The name of an image that a run took to another engine, for its trial there. */
#define STRAYS_IMAGE "git-image-trial"
/* The name of an image that others are built on for as long as that takes. */
#define STRAYS_BASE "git-image-base"
/* ... and their tags, by which a later run knows whose it is. */
char *strays_image_tag(const struct run *run, const char *id, struct error *err) CHECK;

/* Removes containers of dead runs: of this host and boot once their run is
 * dead, of an earlier boot at once, of another host after their deadline. Then images
 * that dead runs of this host have named so. */
int strays_sweep(struct run *run, struct engine *engine, struct error *err) CHECK;

/* The same of the images of one such name. */
int strays_sweep_images(struct run *run, struct engine *engine, const char *repository,
			struct error *err) CHECK;

/* Removes images of this repository that no tag holds: those that lost theirs to
 * a killed run, and what BuildKit made and nothing stamped. Under the lock. */
int strays_drop_images(struct job *job, struct error *err) CHECK;
