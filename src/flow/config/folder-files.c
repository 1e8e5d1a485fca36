/* SPDX-License-Identifier: MIT */
#include "flow/config/folder-files.h"

#include "base/limits.h"
#include "base/path.h"
#include "git/blob.h"
#include "git/tree.h"

static const struct file {
	const char *name;
	const char *key;
	const char *example;
} files[] = {
	{ "VERSION", "version", "1.2.3" },
	{ "REGISTRY", "registry", "registry.example.com/team" },
	{ "HASH", "digest", "sha256:..." },
};

/* 1, 0 if there is none, -1. */
static int read_file(const struct run *run, const char *path, struct buf *text, struct error *err)
{
	struct tree_entry entry;

	if (tree_find(run->repo, run->commit.tree, path, &entry, err)) {
		if (!error_is(err, ERROR_NOT_FOUND))
			return -1;
		error_clear(err);
		return 0;
	}
	if (entry.kind != TREE_FILE && entry.kind != TREE_EXECUTABLE)
		return error_set(err, ERROR_INPUT, "it is not a regular file");
	return blob_read(run->repo, entry.oid, text, err) ? -1 : 1;
}

static int check_line(const struct file *file, struct slice line, struct error *err)
{
	if (!line.len) {
		error_set(err, ERROR_INPUT, "it is empty");
		return error_hint(err, "write one line into it, such as %s, or remove it",
				  file->example);
	}
	if (memchr(line.data, '\n', line.len) || memchr(line.data, '\0', line.len))
		return error_set(err, ERROR_INPUT, "it holds more than one line");
	return 0;
}

/* What the files of one folder say of one image. */
struct reading {
	const struct run *run;
	const char *image, *folder;
	struct configuration found;
};

static void reading_release(struct reading *reading)
{
	configuration_release(&reading->found);
}

static int keep(struct reading *reading, const struct file *file, struct slice line,
		struct error *err)
{
	AUTOFREE char *value = NULL;

	if (check_line(file, line, err))
		return -1;
	value = str_copy_slice(line, err);
	if (!value)
		return -1;
	return configuration_add(&reading->found,
				 &(struct setting_entry){ .source = SETTINGS_TREE,
							  .subsection = reading->image,
							  .key = file->key,
							  .value = value },
				 reading->run->sink, err);
}

static int add(struct reading *reading, const struct file *file, struct error *err)
{
	AUTOFREE char *path = path_join(reading->folder, file->name, err);
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_FOLDER_FILE);
	int status;

	if (!path)
		return -1;
	status = read_file(reading->run, path, &text, err);
	if (status > 0)
		status = keep(reading, file, slice_trim(buf_slice(&text)), err);
	return status ? error_wrap(err, "'%s' in commit %.7s", path, reading->run->commit.sha) : 0;
}

int folder_files_apply(const struct run *run, const struct configuration *configuration,
		       const char *image, struct settings *settings, struct error *err)
{
	AUTO(reading_release)
	struct reading reading = { .run = run, .image = image, .folder = settings->context };

	if (!strcmp(settings->context, "."))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (add(&reading, &files[i], err))
			return -1;
	if (!reading.found.len)
		return 0;
	settings_release(settings);
	return settings_resolve_with(configuration, &reading.found, image, settings, err);
}
