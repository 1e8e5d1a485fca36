/* SPDX-License-Identifier: MIT */
#include "flow/publish/known.h"

#include <string.h>

#include "base/limits.h"
#include "base/path.h"
#include "codec/digest.h"

#define FOLDER "layers"
/* Of one repository; an image has some ten layers, few of them new. */
#define KEPT_MAX 500
#define FILE_MAX (KEPT_MAX * 300)

static void release_layer(struct known_layer *layer)
{
	free(layer->diff_id);
	free(layer->digest);
	free(layer->media_type);
}

void known_layers_release(struct known_layers *known)
{
	for (size_t i = 0; i < known->len; i++)
		release_layer(&known->items[i]);
	free(known->items);
	*known = (struct known_layers){ 0 };
}

const struct known_layer *known_layers_find(const struct known_layers *known, const char *diff_id)
{
	for (size_t i = 0; known && i < known->len; i++)
		if (!strcmp(known->items[i].diff_id, diff_id))
			return &known->items[i];
	return NULL;
}

struct descriptor known_layer_descriptor(const struct known_layer *layer)
{
	return (struct descriptor){ .media_type = layer->media_type,
				    .digest = layer->digest,
				    .size = layer->size };
}

/* What any engine pulls; others, whose content lies elsewhere or is enciphered, are not ours. */
static bool is_layer_type(const char *type)
{
	static const char *const types[] = {
		"application/vnd.docker.image.rootfs.diff.tar.gzip",
		"application/vnd.oci.image.layer.v1.tar",
		"application/vnd.oci.image.layer.v1.tar+gzip",
		"application/vnd.oci.image.layer.v1.tar+zstd",
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (str_equal(types[i], type))
			return true;
	return false;
}

static bool is_sound(const char *diff_id, const struct descriptor *blob)
{
	return digest_is_valid(diff_id) && digest_is_valid(blob->digest) && blob->size > 0 &&
	       is_layer_type(blob->media_type);
}

/* The first word on a layer counts. */
static int add(struct known_layers *known, const char *diff_id, const struct descriptor *blob,
	       bool is_there, struct error *err)
{
	struct known_layer layer = { .size = blob->size, .is_there = is_there };
	struct known_layer *items;

	if (!is_sound(diff_id, blob) || known_layers_find(known, diff_id))
		return 0;
	items = realloc(known->items, (known->len + 1) * sizeof(*items));
	if (!items)
		return error_set_memory(err);
	known->items = items;
	layer.diff_id = str_copy(diff_id, err);
	layer.digest = str_copy(blob->digest, err);
	layer.media_type = str_copy(blob->media_type, err);
	if (!layer.diff_id || !layer.digest || !layer.media_type) {
		release_layer(&layer);
		return -1;
	}
	known->items[known->len++] = layer;
	return 0;
}

static int add_image(struct known_layers *known, const struct strv *layers,
		     const struct manifest *manifest, bool is_there, struct error *err)
{
	if (manifest->is_index || manifest->item_count != layers->len)
		return 0;
	for (size_t i = 0; i < layers->len; i++)
		if (add(known, layers->items[i], &manifest->items[i], is_there, err))
			return -1;
	return 0;
}

/* Turns the manifest of an index into that of one of its images. */
static int enter_index(struct registry *registry, const struct platform *platform,
		       struct registry_manifest *manifest, struct manifest *parsed,
		       struct error *err)
{
	const struct descriptor *child = manifest_for_platform(parsed, platform);
	struct manifest image = { 0 };
	enum registry_answer answer;

	if (!child)
		return error_set(err, ERROR_NOT_FOUND, "no image for the platform");
	answer = registry_manifest(registry, child->digest, manifest, err);
	if (answer == REGISTRY_NO)
		return error_set(err, ERROR_NOT_FOUND, "no image under the digest of the index");
	if (answer == REGISTRY_UNKNOWN ||
	    manifest_parse(buf_slice(&manifest->bytes), manifest->media_type, &image, err))
		return -1;
	manifest_release(parsed);
	*parsed = image;
	return 0;
}

/* An image of a registry. */
struct held {
	struct manifest manifest;
	struct image_config config;
};

static void held_release(struct held *held)
{
	manifest_release(&held->manifest);
	image_config_release(&held->config);
}

/* 1, or 0 if there is none that makes sense. */
static int read_held(struct registry *registry, const char *tag_or_digest,
		     const struct platform *platform, struct held *held, struct error *err)
{
	AUTO(registry_manifest_release) struct registry_manifest bytes = REGISTRY_MANIFEST_INIT;
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_JSON_DOCUMENT);
	enum registry_answer answer = registry_manifest(registry, tag_or_digest, &bytes, err);

	if (answer == REGISTRY_NO)
		return 0;
	if (answer == REGISTRY_YES &&
	    !manifest_parse(buf_slice(&bytes.bytes), bytes.media_type, &held->manifest, err) &&
	    (!held->manifest.is_index ||
	     !enter_index(registry, platform, &bytes, &held->manifest, err)) &&
	    !registry_config(registry, &bytes, NULL, &text, err) &&
	    !image_config_parse(buf_slice(&text), &held->config, err))
		return 1;
	if (!error_is(err, ERROR_PROTOCOL) && !error_is(err, ERROR_NOT_FOUND))
		return -1;
	error_clear(err);
	return 0;
}

int known_layers_of_latest(struct registry *registry, const struct platform *platform,
			   struct known_layers *known, struct error *err)
{
	AUTO(held_release) struct held held = { 0 };
	int status = read_held(registry, "latest", platform, &held, err);

	return status > 0
		       ? add_image(known, &held.config.diff_ids, &held.manifest, true, err)
		       : status;
}

int known_layers_of_base(struct registry *registry, const char *tag_or_digest,
			 const struct platform *platform, struct known_layers *known,
			 struct error *err)
{
	const char *names[3] = { tag_or_digest, strcmp(tag_or_digest, "latest") ? "latest" : NULL };
	int status = 0;

	for (size_t i = 0; !status && names[i]; i++) {
		AUTO(held_release) struct held held = { 0 };

		status = read_held(registry, names[i], platform, &held, err);
		if (status > 0 &&
		    add_image(known, &held.config.diff_ids, &held.manifest, false, err))
			return -1;
	}
	return status < 0 ? -1 : 0;
}

void known_layers_doubt(struct known_layers *known)
{
	for (size_t i = 0; i < known->len; i++)
		known->items[i].is_there = false;
}

void known_layers_drop(struct known_layers *known, const char *ending)
{
	size_t kept = 0;

	for (size_t i = 0; i < known->len; i++)
		if (str_ends(known->items[i].media_type, ending))
			release_layer(&known->items[i]);
		else
			known->items[kept++] = known->items[i];
	known->len = kept;
}

static char *find_file(const char *state_folder, const struct reference *reference)
{
	AUTO(buf_release) struct buf name = BUF_INIT(LIMIT_HEADER_LINE);
	struct error ignored = { 0 };
	struct digest_text hash;

	buf_add_format(&name, "%s/%s", reference->host, reference->repository);
	if (!state_folder || name.has_failed || digest_of(buf_slice(&name), &hash, &ignored))
		return NULL;
	return str_format(&ignored, "%s/" FOLDER "/%.16s", state_folder,
			  hash.text + strlen("sha256:"));
}

/* "<diff ID> <digest> <size> <media type>"; the next part of it, which is the caller's. */
static char *cut(struct slice *line)
{
	struct error ignored = { 0 };
	struct slice part;

	return slice_cut(line, ' ', &part) ? str_copy_slice(part, &ignored) : NULL;
}

static int add_line(struct known_layers *known, struct slice line, struct error *err)
{
	AUTOFREE char *diff_id = cut(&line), *digest = cut(&line), *size = cut(&line);
	AUTOFREE char *type = cut(&line);
	struct descriptor blob = { .media_type = type, .digest = digest };

	if (!type || !str_to_int(size, 1, INT64_MAX, &blob.size))
		return 0;
	return add(known, diff_id, &blob, false, err);
}

static int read_file(const char *path, struct known_layers *known, struct error *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(FILE_MAX);
	struct slice rest, line;

	if (path_read(path, &text, err)) {
		error_clear(err);
		return 0;
	}
	rest = buf_slice(&text);
	while (slice_cut(&rest, '\n', &line))
		if (add_line(known, line, err))
			return -1;
	return 0;
}

int known_layers_of_before(const char *state_folder, const struct reference *reference,
			   struct known_layers *known, struct error *err)
{
	AUTOFREE char *path = find_file(state_folder, reference);

	return path ? read_file(path, known, err) : 0;
}

static void write_file(const char *path, const struct known_layers *known)
{
	AUTO(buf_release) struct buf text = BUF_INIT(FILE_MAX);
	AUTOFREE char *folder = NULL;
	struct error ignored = { 0 };

	for (size_t i = 0; i < known->len && i < KEPT_MAX; i++)
		buf_add_format(&text, "%s %s %lld %s\n", known->items[i].diff_id,
			       known->items[i].digest, (long long)known->items[i].size,
			       known->items[i].media_type);
	folder = path_folder(path, &ignored);
	if (!folder || text.has_failed || path_make_folders(folder, 0700, &ignored) ||
	    path_write(path, buf_slice(&text), 0600, &ignored))
		return;
}

/* Are these the newest already? */
static bool has_begin(const struct known_layers *all, const struct known_layers *begin)
{
	for (size_t i = 0; i < begin->len; i++)
		if (i >= all->len || strcmp(all->items[i].diff_id, begin->items[i].diff_id) ||
		    strcmp(all->items[i].digest, begin->items[i].digest))
			return false;
	return true;
}

void known_layers_keep(const char *state_folder, const struct reference *reference,
		       const struct strv *layers, const struct registry_manifest *manifest)
{
	AUTO(known_layers_release) struct known_layers known = { 0 }, before = { 0 };
	AUTO(manifest_release) struct manifest parsed = { 0 };
	AUTOFREE char *path = find_file(state_folder, reference);
	struct error ignored = { 0 };

	if (!path ||
	    manifest_parse(buf_slice(&manifest->bytes), manifest->media_type, &parsed, &ignored) ||
	    add_image(&known, layers, &parsed, true, &ignored) ||
	    read_file(path, &before, &ignored) || has_begin(&before, &known) ||
	    read_file(path, &known, &ignored))
		return;
	write_file(path, &known);
}
