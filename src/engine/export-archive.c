/* SPDX-License-Identifier: MIT */
#include "engine/export-archive.h"

#include "base/limits.h"
#include "codec/digest.h"
#include "codec/tar.h"
#include "image/config.h"

#define SHA256	   "sha256:"
#define BLOBS	   "blobs/sha256/"
#define HEX_DIGITS 64

/* What the content of the archive's entry is. */
enum part { PART_IGNORED, PART_CONFIG, PART_LAYER };

struct export_archive {
	const char *id;
	const struct engine_export *to;
	struct tar_reader *reader;
	size_t entry_count;
	struct buf config;
	bool has_config;
	bool *is_done; /* for each of the image's layers: it has passed, or is not wanted */
	bool has_skipped; /* layers of which it is not known which */
	/* The entry under way. */
	enum part part;
	struct digest digest;
	int64_t left;
	const char *diff_id; /* what its name says; NULL: nothing */
};

void export_archive_free(struct export_archive *archive)
{
	if (!archive)
		return;
	tar_reader_free(archive->reader);
	buf_release(&archive->config);
	digest_release(&archive->digest);
	free(archive->is_done);
	free(archive);
}

void export_archive_freep(struct export_archive **archive)
{
	export_archive_free(*archive);
}

/* Index of an image's layer; its count if it is none. */
static size_t find_layer(const struct export_archive *archive, const char *hex)
{
	const struct strv *layers = archive->to->layers;
	size_t at = 0;

	while (at < layers->len && !(str_starts(layers->items[at], SHA256) &&
				     !strncmp(layers->items[at] + strlen(SHA256), hex, HEX_DIGITS)))
		at++;
	return at;
}

/* An image may have one layer twice. */
static void set_done(struct export_archive *archive, const char *diff_id)
{
	const struct strv *layers = archive->to->layers;

	for (size_t i = 0; i < layers->len; i++)
		archive->is_done[i] |= str_equal(layers->items[i], diff_id);
}

static bool are_same(const struct strv *a, const struct strv *b)
{
	for (size_t i = 0; i < a->len && i < b->len; i++)
		if (!str_equal(a->items[i], b->items[i]))
			return false;
	return a->len == b->len;
}

static int take_config(struct export_archive *archive, struct error *err)
{
	struct digest_text found = digest_finish(&archive->digest);
	AUTO(image_config_release) struct image_config config = { 0 };
	struct slice bytes = buf_slice(&archive->config);

	if (!str_equal(found.text, archive->id))
		return error_set(err, ERROR_PROTOCOL, "its configuration is %s, not %s", found.text,
				 archive->id);
	if (image_config_parse(bytes, &config, err))
		return -1;
	if (!are_same(&config.diff_ids, archive->to->layers))
		return error_set(err, ERROR_PROTOCOL,
				 "its configuration has other layers than the engine told");
	archive->has_config = true;
	return archive->to->config(archive->to->arg, bytes, err);
}

static int end_layer(struct export_archive *archive, struct error *err)
{
	struct digest_text found = digest_finish(&archive->digest);
	const struct strv *layers = archive->to->layers;
	size_t at = find_layer(archive, found.text + strlen(SHA256));

	if (archive->diff_id && !str_equal(archive->diff_id, found.text))
		return error_set(err, ERROR_PROTOCOL, "the layer %s has the bytes of %s",
				 archive->diff_id, found.text);
	if (at == layers->len)
		return error_set(err, ERROR_PROTOCOL, "%s is no layer of the image", found.text);
	set_done(archive, layers->items[at]);
	return archive->to->layer_end(archive->to->arg, layers->items[at], err);
}

static int end_entry(struct export_archive *archive, struct error *err)
{
	enum part part = archive->part;

	archive->part = PART_IGNORED;
	if (part == PART_LAYER)
		return end_layer(archive, err);
	return part == PART_CONFIG ? take_config(archive, err) : 0;
}

static int begin_layer(struct export_archive *archive, const char *diff_id, int64_t size,
		       struct error *err)
{
	bool is_wanted = false;

	archive->diff_id = diff_id;
	if (archive->to->layer_begin(archive->to->arg, diff_id, size, &is_wanted, err))
		return -1;
	if (is_wanted)
		archive->part = PART_LAYER;
	else if (diff_id)
		set_done(archive, diff_id);
	else
		archive->has_skipped = true;
	return 0;
}

static int begin_blob(struct export_archive *archive, const char *hex, int64_t size,
		      struct error *err)
{
	size_t at = find_layer(archive, hex);

	if (!archive->has_config && !strncmp(hex, archive->id + strlen(SHA256), HEX_DIGITS)) {
		buf_reset(&archive->config);
		archive->part = PART_CONFIG;
		return 0;
	}
	if (at == archive->to->layers->len || archive->is_done[at])
		return 0;
	return begin_layer(archive, archive->to->layers->items[at], size, err);
}

/* "PREFIX<64 digits>SUFFIX": where the digits are; else NULL. */
static const char *match(const char *path, const char *prefix, const char *suffix)
{
	const char *hex = path + strlen(prefix);

	if (!str_starts(path, prefix) || strlen(hex) != HEX_DIGITS + strlen(suffix) ||
	    !str_ends(hex, suffix) || strspn(hex, "0123456789abcdef") < HEX_DIGITS)
		return NULL;
	return hex;
}

/* Docker before 25: <ID>.json, and <something else>/layer.tar or a link to another
 * one. Podman: <ID>.json, <diff ID>.tar. Docker from 25 on: both as blobs. */
static int begin_entry(struct export_archive *archive, const struct tar_entry *entry,
		       struct error *err)
{
	const char *hex;

	if (entry->type != TAR_FILE)
		return 0;
	if ((hex = match(entry->path, "", ".json")) || (hex = match(entry->path, "", ".tar")) ||
	    (hex = match(entry->path, BLOBS, "")))
		return begin_blob(archive, hex, entry->size, err);
	return match(entry->path, "", "/layer.tar") ? begin_layer(archive, NULL, entry->size, err)
						    : 0;
}

static int take_entry(void *arg, const struct tar_entry *entry, struct error *err)
{
	struct export_archive *archive = arg;

	archive->part = PART_IGNORED;
	archive->left = entry->size;
	if (++archive->entry_count > LIMIT_LAYOUT_ENTRIES)
		return error_set(err, ERROR_PROTOCOL, "it has more entries than an image");
	if (begin_entry(archive, entry, err))
		return -1;
	return archive->left ? 0 : end_entry(archive, err);
}

static int take_data(void *arg, struct slice data, struct error *err)
{
	struct export_archive *archive = arg;

	if (archive->part == PART_IGNORED)
		return 0;
	digest_add(&archive->digest, data.data, data.len);
	if (archive->part == PART_CONFIG) {
		buf_add_slice(&archive->config, data);
		if (buf_check(&archive->config, "its configuration", err))
			return -1;
	} else if (archive->to->layer_data(archive->to->arg, data.data, data.len, err)) {
		return -1;
	}
	archive->left -= (int64_t)data.len;
	return archive->left ? 0 : end_entry(archive, err);
}

int export_archive_new(const char *id, const struct engine_export *to,
		       struct export_archive **ret_archive, struct error *err)
{
	AUTO(export_archive_freep) struct export_archive *archive = calloc(1, sizeof(*archive));

	if (!archive)
		return error_set_memory(err);
	if (!digest_is_valid(id))
		return error_set(err, ERROR_INPUT, "'%.80s' is no ID of an image", id);
	*archive = (struct export_archive){ .id = id,
					    .to = to,
					    .config = BUF_INIT(LIMIT_JSON_DOCUMENT) };
	archive->is_done = calloc(to->layers->len + 1, sizeof(*archive->is_done));
	if (!archive->is_done)
		return error_set_memory(err);
	archive->reader = tar_reader_new(
		&(struct tar_handler){ .entry = take_entry, .data = take_data, .arg = archive },
		err);
	if (!archive->reader || digest_init(&archive->digest, err))
		return -1;
	*ret_archive = TAKE(archive);
	return 0;
}

int export_archive_feed(void *arg, const void *data, size_t len, struct error *err)
{
	struct export_archive *archive = arg;

	return tar_reader_feed(archive->reader, (struct slice){ data, len }, err);
}

bool export_archive_has_ended(const struct export_archive *archive)
{
	return tar_reader_has_ended(archive->reader);
}

int export_archive_finish(struct export_archive *archive, struct error *err)
{
	if (tar_reader_finish(archive->reader, err))
		return -1;
	if (!archive->has_config)
		return error_set(err, ERROR_PROTOCOL, "it has no configuration of %s", archive->id);
	for (size_t i = 0; i < archive->to->layers->len; i++)
		if (!archive->is_done[i] && !archive->has_skipped)
			return error_set(err, ERROR_PROTOCOL, "it lacks the layer %s",
					 archive->to->layers->items[i]);
	return 0;
}
