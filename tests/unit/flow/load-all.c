/* SPDX-License-Identifier: MIT */
#include "load-all.h"

int load_all(const char *path, struct load_archive **ret_archive, struct error *err)
{
	AUTO(load_archive_freep) struct load_archive *archive = NULL;

	if (load_archive_open(path, &archive, err))
		return -1;
	for (size_t i = 0; i < load_archive_count(archive); i++)
		if (load_archive_check(archive, i, err))
			return -1;
	*ret_archive = TAKE(archive);
	return 0;
}
