/* SPDX-License-Identifier: MIT */
#pragma once
/* From which other repository of the registry an image's layers can be mounted. */
#include "flow/job.h"

/* That of what a job's Dockerfile names, where an image of this commit may go by its plain
 * name, if it is of the registry that the job's image is for and of another repository there;
 * NULL: it is not. Belongs to the job. */
const struct reference *mount_source_of_job(struct job *job);
