/* SPDX-License-Identifier: MIT */
#pragma once
/* From the commit's tree to the content image, and from that to the stamped
 * one under its tags. */
#include "flow/job.h"

/* Looks for the image of this commit: fills `image` if it is there and ours,
 * and `is_tested` from the ledger. A tag that holds another full SHA is
 * ERROR_CONFLICT. */
int plan_job(struct job *job, struct error *err) CHECK;
/* Its two halves, of which the first touches nothing but `image` and that engine, so that
 * many can be asked for at once. */
int plan_inspect(struct job *job, struct engine *engine, struct error *err) CHECK;
int plan_inspected(struct job *job, struct error *err) CHECK;

/* What the build is given: image.buildArg, image.unhashedBuildArg, and SHA if the
 * Dockerfile declares it. */
int build_find_args(struct job *job, struct strmap *ret_args, struct error *err) CHECK;
/* Builds the content image; fills `content_id`. */
int build_content(struct job *job, struct error *err) CHECK;

/* Stamps the content image with the commit under `reference`; reads the
 * result's config back and compares. Fills `image`. */
int stamp_image(struct job *job, struct error *err) CHECK;

/* Removes an image without a tag if it is of our stamping, or if it is what was
 * stamped: others may have tagged it meanwhile, or need it, and then it stays. */
void drop_untagged(struct job *job, const char *id);

/* Moves :latest to the image, unless it holds a descendant of this commit. */
int tag_latest(struct job *job, struct error *err) CHECK;
