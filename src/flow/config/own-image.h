/* SPDX-License-Identifier: MIT */
#pragma once
/* The images of a commit with what holds for each, for who needs no graph of them. */
#include "flow/config/configure.h"
#include "image/reference.h"

struct own_image {
	struct image_name called;
	struct reference reference; /* its repository */
	struct settings settings;
};

struct own_images {
	struct own_image *items;
	size_t len;
	bool has_sections; /* else there is one, called like the project */
};

void own_images_release(struct own_images *images);
/* Those of the run's commit. */
int own_images_read(const struct run *run, const struct configuration *configuration,
		    struct own_images *ret_images, struct error *err) CHECK;
/* NULL: none is called so. */
const struct own_image *own_images_by_name(const struct own_images *images, const char *name);
/* The first in the repository of the reference. */
const struct own_image *own_images_by_reference(const struct own_images *images,
						const struct reference *reference);
