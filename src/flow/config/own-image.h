/* SPDX-License-Identifier: MIT */
#pragma once
/* The images of a commit by their names, for who needs no graph of them. */
#include "flow/config/configure.h"

/* The image of the run's commit that is called so, or the only one, without a section, if it
 * is: 1, 0 if there is none, -1. The caller frees what `ret_name` holds. */
int own_image_find(const struct run *run, const struct configuration *configuration,
		   const char *name, struct image_name *ret_name, struct error *err) CHECK;
