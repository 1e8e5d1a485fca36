/* SPDX-License-Identifier: MIT */
#include "flow/config/folders.h"

#include "base/path.h"
#include "context/pattern.h"
#include "git/tree.h"
#include "image/reference.h"

struct folder_search {
	struct run *run;
	struct configuration *configuration;
	struct pattern *pattern;
	size_t found;
};

/* 1, 0, -1. */
static int has_dockerfile(struct run *run, const char *tree, struct error *err)
{
	struct tree_entry entry;

	if (!tree_find(run->repo, tree, "Dockerfile", &entry, err))
		return entry.kind != TREE_FOLDER && entry.kind != TREE_SUBMODULE;
	if (!error_is(err, ERROR_NOT_FOUND))
		return -1;
	error_clear(err);
	return 0;
}

static int add_folder(struct folder_search *search, const char *path, struct error *err)
{
	struct strmap *folders = &search->configuration->folders;
	const char *name = path_base(path), *other = strmap_get(folders, name);

	search->found++;
	if (other && !strcmp(other, path))
		return 0;
	if (other) {
		error_set(err, ERROR_INPUT,
			  "image.folder: '%s' and '%s' would both be the image '%s'", other, path,
			  name);
		return error_hint(err,
				  "rename one, or leave it out and give it a section: [image "
				  "\"OTHER\"] context = %s",
				  path);
	}
	if (reference_check_repository(name, err)) {
		error_wrap(err, "image.folder: '%s' cannot be an image", path);
		return error_hint(err, "rename the folder, or give it a section: [image \"NAME\"] "
				       "context = PATH");
	}
	return strmap_set(folders, name, path, err);
}

static int look_at(struct folder_search *search, struct tree_walk *walk,
		   const struct tree_entry *folder, struct error *err)
{
	struct slice path = slice_of(folder->path);
	int status;

	if (!pattern_may_match_below(search->pattern, path))
		tree_walk_skip(walk);
	if (!pattern_matches(search->pattern, path))
		return 0;
	status = has_dockerfile(search->run, folder->oid, err);
	return status > 0 ? add_folder(search, folder->path, err) : status;
}

static int walk_folders(struct folder_search *search, struct error *err)
{
	AUTO(tree_walk_freep) struct tree_walk *walk = NULL;
	struct tree_entry entry;
	int status;

	if (tree_walk_open(search->run->repo, search->run->commit.tree, "", &walk, err))
		return -1;
	while ((status = tree_walk_next(walk, &entry, err)) > 0)
		if (entry.kind == TREE_FOLDER && look_at(search, walk, &entry, err))
			return -1;
	return status;
}

static int find_by(struct run *run, struct configuration *configuration, const char *text,
		   struct error *err)
{
	AUTO(pattern_freep) struct pattern *pattern = pattern_compile(slice_of(text), err);
	struct folder_search search = { run, configuration, pattern, 0 };

	if (!pattern || walk_folders(&search, err))
		return -1;
	if (search.found)
		return 0;
	error_set(err, ERROR_INPUT, "image.folder: no folder '%s' of commit %.7s has a Dockerfile",
		  text, run->commit.sha);
	return error_hint(err, "a pattern names folders from the commit's root: docker/* finds "
			       "docker/web, if docker/web/Dockerfile is there");
}

int folders_find(struct run *run, struct configuration *configuration, struct error *err)
{
	AUTO(settings_release) struct settings settings = { 0 };

	if (settings_resolve(configuration, NULL, &settings, err))
		return -1;
	for (size_t i = 0; i < settings.folders.len; i++)
		if (find_by(run, configuration, settings.folders.items[i], err))
			return -1;
	return 0;
}
