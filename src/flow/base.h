/* SPDX-License-Identifier: MIT */
#pragma once
/* What an image stands on, as its Dockerfile says. */
#include "context/dockerfile.h"
#include "flow/job.h"

/* The image that a stage (NULL: the last) begins with, through the stages between; build
 * arguments are filled in. NULL: none, or not known without a builder. */
char *base_of(const struct dockerfile *dockerfile, const char *target,
	      const struct strmap *build_args);
/* The same of a job's Dockerfile, if it is of the registry that the job's image is for and
 * of another repository there; NULL: it is not. Belongs to the job. */
const struct reference *base_of_job(struct job *job);
