/* SPDX-License-Identifier: MIT */
#include "flow/archive/load-archive.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/host.h"
#include "base/interrupt.h"
#include "base/limits.h"
#include "base/path.h"
#include "codec/compress.h"
#include "codec/digest.h"
#include "codec/json.h"
#include "codec/tar.h"
#include "image/config.h"
#include "image/manifest-write.h"

/* A file of the archive, in ours. */
struct part {
	char *path;
	int64_t at, size;
	struct digest_text digest;
};

struct load_archive {
	struct engine engine; /* first, so that a pointer to it is one to this */
	char *folder;	      /* where the temporary file is */
	int fd;
	int64_t end;
	struct part *parts;
	size_t part_count;
	struct engine_image image;
	struct buf manifest;
	char *manifest_type;
	/* While it is read. */
	struct tar_reader *reader;
	struct digest digest;
	size_t entry_count;
	int64_t left; /* of the last part */
	bool is_wanted;
};

void load_archive_free(struct load_archive *archive)
{
	if (!archive)
		return;
	tar_reader_free(archive->reader);
	digest_release(&archive->digest);
	for (size_t i = 0; i < archive->part_count; i++)
		free(archive->parts[i].path);
	free(archive->parts);
	engine_image_release(&archive->image);
	buf_release(&archive->manifest);
	free(archive->manifest_type);
	free(archive->folder);
	cleanup_close(&archive->fd);
	free(archive);
}

void load_archive_freep(struct load_archive **archive)
{
	load_archive_free(*archive);
}

const struct engine_image *load_archive_image(const struct load_archive *archive)
{
	return &archive->image;
}

struct engine *load_archive_engine(struct load_archive *archive)
{
	return &archive->engine;
}

static const struct part *find_path(const struct load_archive *archive, const char *path)
{
	for (size_t i = 0; i < archive->part_count; i++)
		if (!strcmp(archive->parts[i].path, path))
			return &archive->parts[i];
	return NULL;
}

static void finish_part(struct load_archive *archive)
{
	archive->parts[archive->part_count - 1].digest = digest_finish(&archive->digest);
	archive->is_wanted = false;
}

static int add_part(struct load_archive *archive, const struct tar_entry *entry, struct error *err)
{
	struct part *parts;

	if (find_path(archive, entry->path))
		return error_set(err, ERROR_INPUT, "'%.80s' is in it twice", entry->path);
	parts = reallocarray(archive->parts, archive->part_count + 1, sizeof(*parts));
	if (!parts)
		return error_set_memory(err);
	archive->parts = parts;
	parts[archive->part_count] = (struct part){ .path = str_copy(entry->path, err),
						    .at = archive->end,
						    .size = entry->size };
	if (!parts[archive->part_count].path)
		return -1;
	archive->part_count++;
	return 0;
}

/* A longer name is none that an image's files have. */
static int take_entry(void *arg, const struct tar_entry *entry, struct error *err)
{
	struct load_archive *archive = arg;

	archive->is_wanted = entry->type == TAR_FILE && strlen(entry->path) <= LIMIT_PEER_TEXT;
	if (++archive->entry_count > LIMIT_LAYOUT_ENTRIES)
		return error_set(err, ERROR_INPUT, "it has more entries than an image");
	if (!archive->is_wanted)
		return 0;
	if (add_part(archive, entry, err))
		return -1;
	archive->left = entry->size;
	if (!archive->left)
		finish_part(archive);
	return 0;
}

static int take_data(void *arg, struct slice data, struct error *err)
{
	struct load_archive *archive = arg;

	if (!archive->is_wanted)
		return 0;
	if (path_write_all(archive->fd, data))
		return host_write_error("an image", archive->folder, errno, err);
	digest_add(&archive->digest, data.data, data.len);
	archive->end += (int64_t)data.len;
	archive->left -= (int64_t)data.len;
	if (!archive->left)
		finish_part(archive);
	return 0;
}

static int feed(void *arg, const void *data, size_t len, struct error *err)
{
	const struct load_archive *archive = arg;

	return tar_reader_feed(archive->reader, (struct slice){ data, len }, err);
}

static int receive(int fd, struct decompressor *decompressor, struct error *err)
{
	AUTOFREE char *chunk = malloc(LIMIT_CHUNK);

	if (!chunk)
		return error_set_memory(err);
	for (;;) {
		ssize_t len = read(fd, chunk, LIMIT_CHUNK);

		if (interrupt_check(err))
			return -1;
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return error_set_errno(err, errno, "cannot read it");
		if (!len)
			return decompressor_finish(decompressor, err);
		if (decompressor_write(decompressor, chunk, (size_t)len, err))
			return -1;
	}
}

static int receive_all(struct load_archive *archive, int fd, struct error *err)
{
	AUTO(decompressor_freep) struct decompressor *decompressor = NULL;

	archive->reader = tar_reader_new(
		&(struct tar_handler){ .entry = take_entry, .data = take_data, .arg = archive },
		err);
	if (!archive->reader || digest_init(&archive->digest, err) ||
	    decompressor_new(&(struct decompression){ .is_detected = true,
						      .max_bytes = LIMIT_LOAD_BYTES,
						      .sink = feed,
						      .sink_arg = archive },
			     &decompressor, err))
		return -1;
	return receive(fd, decompressor, err) ? -1 : tar_reader_finish(archive->reader, err);
}

static int read_part(const struct load_archive *archive, const struct part *part, struct buf *ret,
		     struct error *err)
{
	char chunk[4096];

	if (part->size > (int64_t)ret->max)
		return error_set(err, ERROR_INPUT, "its '%.80s' has more than %zu bytes",
				 part->path, ret->max);
	for (int64_t at = 0; at < part->size;) {
		int64_t left = part->size - at;
		size_t len = left < (int64_t)sizeof(chunk) ? (size_t)left : sizeof(chunk);
		ssize_t count = pread(archive->fd, chunk, len, part->at + at);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return error_set_errno(err, count ? errno : EIO,
					       "cannot read a temporary file");
		buf_add(ret, chunk, (size_t)count);
		at += count;
	}
	return buf_check(ret, "a document of it", err);
}

static const struct part *need_part(const struct load_archive *archive, const char *path,
				    struct error *err)
{
	const struct part *part = path ? find_path(archive, path) : NULL;

	if (!part)
		error_set(err, ERROR_INPUT, "it lacks the file '%.80s'", path ? path : "(none)");
	return part;
}

/* The only entry of manifest.json. */
static int read_list(const struct load_archive *archive, struct json **ret_list,
		     const struct json **ret_entry, struct error *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_JSON_DOCUMENT);
	AUTO(json_freep) struct json *list = NULL;
	const struct part *part = find_path(archive, "manifest.json");

	if (!part)
		return error_set(err, ERROR_INPUT, "it has no manifest.json");
	if (read_part(archive, part, &text, err))
		return -1;
	list = json_parse(buf_slice(&text), err);
	if (!list)
		return error_wrap(err, "manifest.json");
	if (json_type(list) != JSON_ARRAY || json_count(list) != 1)
		return error_set(err, ERROR_INPUT, "it holds %zu images, not one",
				 json_type(list) == JSON_ARRAY ? json_count(list) : 0);
	*ret_entry = json_first(list);
	*ret_list = TAKE(list);
	return 0;
}

static int take_config(struct load_archive *archive, const struct part *part, struct error *err)
{
	AUTO(image_config_release) struct image_config config = { 0 };
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_JSON_DOCUMENT);
	struct engine_image *image = &archive->image;

	if (read_part(archive, part, &text, err) ||
	    image_config_parse(buf_slice(&text), &config, err))
		return error_wrap(err, "its configuration");
	image->id = str_copy(part->digest.text, err);
	image->os = TAKE(config.platform.os);
	image->architecture = TAKE(config.platform.architecture);
	image->variant = TAKE(config.platform.variant);
	image->labels = config.labels;
	image->env = config.env;
	image->layers = config.diff_ids;
	config.labels = (struct strmap){ 0 };
	config.env = config.diff_ids = (struct strv){ 0 };
	return image->id ? 0 : -1;
}

/* Layer by layer what the configuration says, and without compression. */
static int describe_layers(const struct load_archive *archive, const struct json *names,
			   char *media_type, struct descriptor *layers, struct error *err)
{
	const struct json *name = json_first(names);
	const struct strv *wanted = &archive->image.layers;

	if (json_count(names) != wanted->len)
		return error_set(err, ERROR_INPUT, "it has %zu layers, its configuration names %zu",
				 json_count(names), wanted->len);
	for (size_t i = 0; i < wanted->len; i++, name = json_next(name)) {
		const struct part *part = need_part(archive, json_text(name), err);

		if (!part)
			return -1;
		if (strcmp(part->digest.text, wanted->items[i]) != 0)
			return error_set(err, ERROR_INPUT, "its layer %.19s has the bytes of %.19s",
					 wanted->items[i], part->digest.text);
		layers[i] = (struct descriptor){ .media_type = media_type,
						 .digest = wanted->items[i],
						 .size = part->size };
	}
	return 0;
}

static int write_manifest(struct load_archive *archive, const struct json *names,
			  int64_t config_size, struct error *err)
{
	size_t count = archive->image.layers.len;
	AUTOFREE struct descriptor *layers = calloc(count + 1, sizeof(*layers));
	AUTOFREE char *type = str_copy(compression_media_type(COMPRESSION_NONE, false), err);
	const char *manifest_type = NULL;

	if (!layers)
		return error_set_memory(err);
	if (!type || describe_layers(archive, names, type, layers, err) ||
	    manifest_of_layers(&(struct manifest){ .config = { .digest = archive->image.id,
							       .size = config_size },
						   .items = layers,
						   .item_count = count },
			       &archive->manifest, &manifest_type, err))
		return -1;
	archive->manifest_type = str_copy(manifest_type, err);
	return archive->manifest_type ? 0 : -1;
}

static int understand(struct load_archive *archive, struct error *err)
{
	AUTO(json_freep) struct json *list = NULL;
	const struct json *entry = NULL;
	const struct part *config;

	if (read_list(archive, &list, &entry, err))
		return -1;
	config = need_part(archive, json_text(json_get(entry, "Config")), err);
	if (!config || take_config(archive, config, err))
		return -1;
	return write_manifest(archive, json_get(entry, "Layers"), config->size, err);
}

static const struct load_archive *own(const struct engine *engine)
{
	return (const struct load_archive *)engine;
}

static int give_manifest(struct engine *engine, const char *reference, struct buf *ret_bytes,
			 char **ret_media_type, struct error *err)
{
	const struct load_archive *archive = own(engine);

	(void)reference;
	*ret_media_type = str_copy(archive->manifest_type, err);
	buf_add_slice(ret_bytes, buf_slice(&archive->manifest));
	return *ret_media_type ? buf_check(ret_bytes, "the image's manifest", err) : -1;
}

static int give_blob(struct engine *engine, const char *digest, int *ret_fd, struct error *err)
{
	const struct load_archive *archive = own(engine);
	const struct part *part = archive->parts, *end = part + archive->part_count;
	AUTOCLOSE int fd = -1;
	char name[64];

	while (part < end && strcmp(part->digest.text, digest) != 0)
		part++;
	if (part == end)
		return error_set(err, ERROR_NOT_FOUND, "the archive has no %s", digest);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", archive->fd);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || lseek(fd, part->at, SEEK_SET) < 0)
		return error_set_errno(err, errno, "cannot read a temporary file");
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static const struct engine_ops archive_ops = {
	.read_manifest = give_manifest,
	.open_blob = give_blob,
};

static int open_file(const char *path, int *ret_fd, struct error *err)
{
	*ret_fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC)
				    : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
	if (*ret_fd >= 0)
		return 0;
	error_set_errno(err, errno, "cannot open it");
	if (errno == ENOENT || errno == ENOTDIR)
		err->kind = ERROR_INPUT;
	return -1;
}

static int read_archive(struct load_archive *archive, const char *path, struct error *err)
{
	AUTOCLOSE int fd = -1;

	archive->folder = host_state_folder(err);
	if (!archive->folder || open_file(path, &fd, err) ||
	    path_open_temporary(archive->folder, &archive->fd, err) ||
	    receive_all(archive, fd, err))
		return -1;
	return understand(archive, err);
}

/* What a peer does wrong is what is wrong with a file here. */
static int explain(const char *path, struct error *err)
{
	if (error_is(err, ERROR_PROTOCOL))
		err->kind = ERROR_INPUT;
	error_wrap(err, "'%s'", path);
	return error_is(err, ERROR_INPUT) && !err->os_errno
		       ? error_hint(err, "'git image save' writes archives that can be loaded")
		       : -1;
}

int load_archive_open(const char *path, struct load_archive **ret_archive, struct error *err)
{
	AUTO(load_archive_freep) struct load_archive *archive = calloc(1, sizeof(*archive));

	if (!archive)
		return error_set_memory(err);
	archive->engine.ops = &archive_ops;
	archive->fd = -1;
	archive->manifest = (struct buf)BUF_INIT(LIMIT_JSON_DOCUMENT);
	if (read_archive(archive, path, err))
		return explain(path, err);
	*ret_archive = TAKE(archive);
	return 0;
}
