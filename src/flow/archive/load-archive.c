/* SPDX-License-Identifier: MIT */
#include "flow/archive/load-archive.h"

#include <string.h>

#include "base/limits.h"
#include "base/path.h"
#include "flow/archive/load-items.h"

struct load_archive {
	struct engine engine; /* first, so that a pointer to it is one to this */
	struct load_parts parts;
	struct load_items items;
};

void load_archive_free(struct load_archive *archive)
{
	if (!archive)
		return;
	load_items_release(&archive->items);
	load_parts_release(&archive->parts);
	free(archive);
}

void load_archive_freep(struct load_archive **archive)
{
	load_archive_free(*archive);
}

size_t load_archive_count(const struct load_archive *archive)
{
	return archive->items.len;
}

const struct engine_image *load_archive_image(const struct load_archive *archive, size_t at)
{
	return &archive->items.items[at].image;
}

/* What a peer does wrong is what is wrong with a file here. */
static int explain(struct error *err)
{
	if (error_is(err, ERROR_PROTOCOL))
		err->kind = ERROR_INPUT;
	return error_is(err, ERROR_INPUT) && !err->os_errno && !err->hint[0]
		       ? error_hint(err, "'git image save' writes archives that can be loaded")
		       : -1;
}

int load_archive_check(struct load_archive *archive, size_t at, struct error *err)
{
	return load_item_check(&archive->items.items[at], &archive->parts, err) ? explain(err) : 0;
}

struct engine *load_archive_engine(struct load_archive *archive)
{
	return &archive->engine;
}

static const struct load_archive *own(const struct engine *engine)
{
	return (const struct load_archive *)engine;
}

static int give_manifest(struct engine *engine, const char *reference, struct buf *ret_bytes,
			 char **ret_media_type, struct error *err)
{
	const struct load_items *items = &own(engine)->items;
	const struct load_item *item = items->items, *end = item + items->len;

	while (item < end && strcmp(item->image.id, reference) != 0)
		item++;
	if (item == end || !item->is_checked)
		return error_set(err, ERROR_NOT_FOUND, "the archive has no image %s", reference);
	*ret_media_type = str_copy(item->manifest_type, err);
	buf_add_slice(ret_bytes, buf_slice(&item->bytes));
	return *ret_media_type ? buf_check(ret_bytes, "the image's manifest", err) : -1;
}

static int give_blob(struct engine *engine, const char *digest, int *ret_fd, struct error *err)
{
	return load_parts_open_blob(&own(engine)->parts, digest, ret_fd, err);
}

static const struct engine_ops archive_ops = {
	.read_manifest = give_manifest,
	.open_blob = give_blob,
};

/* Docker writes both lists into one archive: its own, if no tag is asked for, has the one
 * platform that is all there. */
static int understand(struct load_archive *archive, const char *tag, struct error *err)
{
	struct load_parts *parts = &archive->parts;
	int status = 0;

	if (!parts->source && !tag)
		status = load_docker_read(parts, &archive->items, err);
	if (!status)
		status = load_layout_read(parts, tag, &archive->items, err);
	if (status)
		return status < 0 ? -1 : 0;
	return error_set(err, ERROR_INPUT, "it has %s",
			 parts->source || tag ? "no index.json"
					      : "no manifest.json and no index.json");
}

/* Of a name with a prefix the part that is no file and has no slash is a tag. */
static int split(const char *path, char **ret_file, char **ret_tag, struct error *err)
{
	static const char *const prefixes[] = { "oci:", "oci-archive:", "docker-archive:" };
	const char *file = path, *colon;

	for (size_t i = 0; i < ARRAY_SIZE(prefixes) && file == path; i++)
		if (str_starts(path, prefixes[i]))
			file += strlen(prefixes[i]);
	colon = file != path && !path_exists(file) ? strrchr(file, ':') : NULL;
	if (!colon || strchr(colon, '/'))
		return str_replace(ret_file, file, err);
	*ret_file = str_copy_slice((struct slice){ file, (size_t)(colon - file) }, err);
	return *ret_file ? str_replace(ret_tag, colon + 1, err) : -1;
}

static int read_archive(struct load_archive *archive, const char *path, struct error *err)
{
	AUTOFREE char *file = NULL;
	AUTOFREE char *tag = NULL;

	if (split(path, &file, &tag, err) || load_parts_open(&archive->parts, file, err))
		return -1;
	return understand(archive, tag, err);
}

int load_archive_open(const char *path, struct load_archive **ret_archive, struct error *err)
{
	AUTO(load_archive_freep) struct load_archive *archive = calloc(1, sizeof(*archive));

	if (!archive)
		return error_set_memory(err);
	archive->engine.ops = &archive_ops;
	archive->parts = (struct load_parts)LOAD_PARTS_INIT;
	if (read_archive(archive, path, err)) {
		error_wrap(err, "'%s'", path);
		return explain(err);
	}
	*ret_archive = TAKE(archive);
	return 0;
}
