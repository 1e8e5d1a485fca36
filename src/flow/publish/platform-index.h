/* SPDX-License-Identifier: MIT */
#pragma once
/* The index of one image's manifests, one a platform. */
#include "flow/jobs.h"

/* Of the jobs in their order, each with its manifest. */
int platform_index_of(const struct jobs *jobs, const struct registry_manifest *const *manifests,
		      struct registry_manifest *ret_index, struct error *err) CHECK;
