/* SPDX-License-Identifier: MIT */
#include "flow/config/own-image.h"

#include "flow/config/folder-files.h"

int own_image_find(const struct run *run, const struct configuration *configuration,
		   const char *name, struct image_name *ret_name, struct error *err)
{
	AUTO(strv_release) struct strv images = { 0 };
	AUTO(settings_release) struct settings settings = { 0 };
	struct image_name found = { 0 };
	const char *section;

	if (configuration_images(configuration, &images, err))
		return -1;
	if (images.len && !strv_has(&images, name))
		return 0;
	section = images.len ? name : NULL;
	if (settings_resolve(configuration, section, &settings, err) ||
	    folder_files_apply(run, configuration, section, &settings, err) ||
	    name_repository(run->repo, section, &settings, &found, err))
		return -1;
	if (!str_equal(found.name, name)) {
		free(found.name);
		free(found.repository);
		return 0;
	}
	*ret_name = found;
	return 1;
}
