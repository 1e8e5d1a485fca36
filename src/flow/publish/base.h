/* SPDX-License-Identifier: MIT */
#pragma once
/* What an image stands on, for its layers to be mounted. */
#include "flow/job.h"

/* What a job's Dockerfile says, if it is of the registry that the job's image is for and
 * of another repository there; NULL: it is not. Belongs to the job. */
const struct reference *base_of_job(struct job *job);
