/* SPDX-License-Identifier: MIT */
#include "flow/config/own-image.h"

#include "flow/config/folder-files.h"

void own_images_release(struct own_images *images)
{
	for (size_t i = 0; i < images->len; i++) {
		struct own_image *image = &images->items[i];

		free(image->called.name);
		free(image->called.repository);
		reference_release(&image->reference);
		settings_release(&image->settings);
	}
	free(images->items);
	*images = (struct own_images){ 0 };
}

static int read_image(const struct run *run, const struct configuration *configuration,
		      const char *section, struct own_image *image, struct error *err)
{
	if (settings_resolve(configuration, section, &image->settings, err) ||
	    folder_files_apply(run, configuration, section, &image->settings, err) ||
	    name_repository(run->repo, section, &image->settings, &image->called, err))
		return -1;
	return reference_parse(image->called.repository, &image->reference, err);
}

int own_images_read(const struct run *run, const struct configuration *configuration,
		    struct own_images *ret_images, struct error *err)
{
	AUTO(own_images_release) struct own_images images = { 0 };
	AUTO(strv_release) struct strv names = { 0 };
	size_t count;

	if (configuration_images(configuration, &names, err))
		return -1;
	images.has_sections = names.len;
	count = names.len ? names.len : 1;
	images.items = calloc(count, sizeof(*images.items));
	if (!images.items)
		return error_set_memory(err);
	while (images.len < count) {
		size_t i = images.len++;

		if (read_image(run, configuration, names.len ? names.items[i] : NULL,
			       &images.items[i], err))
			return -1;
	}
	*ret_images = images;
	images = (struct own_images){ 0 };
	return 0;
}

const struct own_image *own_images_by_name(const struct own_images *images, const char *name)
{
	for (size_t i = 0; i < images->len; i++)
		if (str_equal(images->items[i].called.name, name))
			return &images->items[i];
	return NULL;
}

const struct own_image *own_images_by_reference(const struct own_images *images,
						const struct reference *reference)
{
	for (size_t i = 0; i < images->len; i++)
		if (reference_is_same_repository(&images->items[i].reference, reference))
			return &images->items[i];
	return NULL;
}
