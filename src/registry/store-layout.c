/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "base/limits.h"
#include "base/path.h"
#include "codec/digest.h"
#include "codec/json.h"
#include "layout/incoming.h"
#include "layout/layout.h"
#include "registry/store.h"

/* As containerd has it: the tag alone does not tell whose it is. */
#define IMAGE_NAME "io.containerd.image.name"

/* An OCI image layout that may be shared with others: what they put there stays
 * as it is. */
struct layout_store {
	struct store store; /* first, so that a pointer to it is one to this */
	struct layout layout;
	char *repository;
};

static struct layout_store *own(struct store *store)
{
	return (struct layout_store *)store;
}

static void layout_free(struct store *store)
{
	struct layout_store *self = own(store);

	layout_release(&self->layout);
	free(self->repository);
	free(self);
}

/* Some thousands of tags fill an index. */
static int explain_length(const struct buf *bytes, struct error *err)
{
	if (!bytes->is_too_long)
		return -1;
	err->kind = ERROR_INPUT;
	return error_hint(err, "it has too many tags: another folder has room");
}

/* 1 and the document, 0: there is none. */
static int read_file(const struct layout *layout, const char *name, struct json **ret,
		     struct error *err)
{
	AUTO(buf_release) struct buf bytes = BUF_INIT(LIMIT_JSON_DOCUMENT);
	AUTOFREE char *path = layout_path(layout, name, err);

	if (!path)
		return -1;
	if (path_read(path, &bytes, err)) {
		if (!error_is(err, ERROR_NOT_FOUND))
			return explain_length(&bytes, err);
		error_clear(err);
		return 0;
	}
	*ret = json_parse(buf_slice(&bytes), err);
	if (*ret)
		return 1;
	if (error_is(err, ERROR_PROTOCOL))
		err->kind = ERROR_INPUT;
	return error_wrap(err, "'%s'", path);
}

static const char *annotation(const struct json *entry, const char *name)
{
	return json_text(json_path(entry, "annotations", name, NULL));
}

/* 1, 0: there is none yet, -1. */
static int read_index(const struct layout *layout, struct json **ret, struct error *err)
{
	AUTO(json_freep) struct json *index = NULL;
	int status = read_file(layout, "index.json", &index, err);
	const struct json *manifests = json_get(index, "manifests");

	if (status > 0 && (!manifests || json_type(manifests) != JSON_ARRAY))
		return error_set(err, ERROR_INPUT, "'%s/index.json' has no list of manifests",
				 layout->folder);
	*ret = TAKE(index);
	return status;
}

static bool has_tag(const struct json *entry, const char *tag)
{
	return str_equal(annotation(entry, LAYOUT_REF_NAME), tag);
}

/* Of another repository the same tag is of another image. */
static int check_owner(const struct layout_store *self, const struct json *entry, struct error *err)
{
	const char *name = annotation(entry, IMAGE_NAME);
	size_t len = strlen(self->repository);

	if (!name || (str_starts(name, self->repository) && name[len] == ':'))
		return 0;
	error_set(err, ERROR_CONFLICT, "it holds '%s' there", name);
	return error_hint(err, "another folder for each image keeps their tags apart");
}

/* NULL: nobody has the tag. Others may have put it there twice: readers take the first. */
static int find_entry(const struct layout_store *self, const struct json *index, const char *tag,
		      const struct json **ret_entry, struct error *err)
{
	const struct json *entry = json_first(json_get(index, "manifests")), *found = NULL;

	for (; entry; entry = json_next(entry)) {
		if (!has_tag(entry, tag))
			continue;
		if (check_owner(self, entry, err))
			return -1;
		found = found ? found : entry;
	}
	*ret_entry = found;
	return 0;
}

static enum registry_answer layout_find(struct store *store, const char *tag,
					struct registry_digest *ret_digest, struct error *err)
{
	AUTO(json_freep) struct json *index = NULL;
	struct layout_store *self = own(store);
	const struct json *entry;
	const char *digest;

	if (read_index(&self->layout, &index, err) < 0 || find_entry(self, index, tag, &entry, err))
		return REGISTRY_UNKNOWN;
	if (!entry)
		return REGISTRY_NO;
	digest = json_text(json_get(entry, "digest"));
	if (!digest || !digest_is_valid(digest)) {
		error_set(err, ERROR_INPUT, "index.json names no digest for it");
		return REGISTRY_UNKNOWN;
	}
	memcpy(ret_digest->text, digest, strlen(digest) + 1);
	return REGISTRY_YES;
}

static int layout_read(struct store *store, const char *digest, struct buf *ret_bytes,
		       struct error *err)
{
	return layout_blob_read(&own(store)->layout, digest, ret_bytes, err);
}

static int layout_has(struct store *store, const char *digest, int64_t size, struct error *err)
{
	return layout_blob_exists(&own(store)->layout, digest, size, err);
}

static int replace(const struct layout *layout, const char *name, struct slice bytes,
		   struct error *err)
{
	AUTO(incoming_release) struct incoming incoming = INCOMING_INIT;
	AUTOFREE char *path = layout_path(layout, name, err);

	if (!path || incoming_open(layout->folder, layout->mode, &incoming, err))
		return -1;
	if (path_write_all(incoming.fd, bytes))
		return incoming_fail(layout->folder, errno, err);
	return incoming_place(&incoming, path, err);
}

/* The folder is made with the first that is written; its version comes before all
 * else, so that whenever we are killed it is known for ours. */
static int make(const struct layout *layout, struct error *err)
{
	AUTOFREE char *blobs = layout_path(layout, "blobs/sha256", err);
	AUTOFREE char *version = layout_path(layout, "oci-layout", err);

	if (!blobs || !version || path_make_folders(layout->folder, 0777, err))
		return -1;
	if (!path_exists(version) && replace(layout, "oci-layout", SLICE(LAYOUT_VERSION_FILE), err))
		return -1;
	return path_make_folders(blobs, 0777, err);
}

static int copy(const struct store_body *body, const struct layout *layout, int fd,
		struct error *err)
{
	AUTOFREE char *chunk = malloc(LIMIT_CHUNK);
	ssize_t len;

	if (!chunk)
		return error_set_memory(err);
	while ((len = body->read(body->arg, chunk, LIMIT_CHUNK, err)) > 0)
		if (path_write_all(fd, (struct slice){ chunk, (size_t)len }))
			return incoming_fail(layout->folder, errno, err);
	return (int)len;
}

static int layout_put(struct store *store, const struct store_body *body, struct error *err)
{
	AUTO(incoming_release) struct incoming incoming = INCOMING_INIT;
	const struct layout *layout = &own(store)->layout;
	AUTOFREE char *path = layout_blob_path(layout, body->digest, err);
	AUTOFREE char *folder = layout_path(layout, "blobs/sha256", err);

	if (!path || !folder || make(layout, err) ||
	    incoming_open(folder, layout->mode, &incoming, err) ||
	    copy(body, layout, incoming.fd, err))
		return -1;
	return incoming_place(&incoming, path, err);
}

/* Of the folder itself, so that no file of ours is left in it. */
static int lock(const struct layout *layout, int *ret_fd, struct error *err)
{
	AUTOCLOSE int fd = open(layout->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_set_errno(err, errno, "cannot open '%s'", layout->folder);
	while (flock(fd, LOCK_EX))
		if (errno != EINTR)
			return error_set_errno(err, errno, "cannot lock '%s'", layout->folder);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

void store_write_entry(struct json_writer *writer, const char *repository, const char *tag,
		       const struct registry_manifest *manifest)
{
	AUTO(buf_release) struct buf name = BUF_INIT(LIMIT_PEER_TEXT);

	buf_add_format(&name, "%s:%s", repository, tag);
	json_open_object(writer, NULL);
	json_add_text(writer, "mediaType", manifest->media_type);
	json_add_text(writer, "digest", manifest->digest.text);
	json_add_int(writer, "size", (int64_t)manifest->bytes.len);
	json_open_object(writer, "annotations");
	json_add_text(writer, IMAGE_NAME, name.data);
	json_add_text(writer, LAYOUT_REF_NAME, tag);
	json_close_object(writer);
	json_close_object(writer);
}

/* All others' entries, and what else there is, as they were. */
static void write_index(struct json_writer *writer, const struct layout_store *self,
			const struct json *former, const char *tag,
			const struct registry_manifest *manifest)
{
	const struct json *item;

	json_open_object(writer, NULL);
	if (!former) {
		json_add_int(writer, "schemaVersion", 2);
		json_add_text(writer, "mediaType", MEDIA_TYPE_OCI_INDEX);
	}
	for (item = json_first(former); item; item = json_next(item))
		if (strcmp(json_key(item), "manifests") != 0)
			json_add_value(writer, json_key(item), item);
	json_open_array(writer, "manifests");
	for (item = json_first(json_get(former, "manifests")); item; item = json_next(item))
		if (!has_tag(item, tag))
			json_add_value(writer, NULL, item);
	store_write_entry(writer, self->repository, tag, manifest);
	json_close_array(writer);
	json_close_object(writer);
}

static int put_tag(const struct layout_store *self, const char *tag,
		   const struct registry_manifest *manifest, struct error *err)
{
	AUTO(buf_release) struct buf out = BUF_INIT(LIMIT_JSON_DOCUMENT);
	struct json_writer writer = JSON_WRITER(&out);
	AUTO(json_freep) struct json *former = NULL;
	const struct json *held;
	AUTOCLOSE int fd = -1;

	if (lock(&self->layout, &fd, err) || read_index(&self->layout, &former, err) < 0 ||
	    find_entry(self, former, tag, &held, err))
		return -1;
	write_index(&writer, self, former, tag, manifest);
	if (buf_check(&out, "index.json", err))
		return explain_length(&out, err);
	return replace(&self->layout, "index.json", buf_slice(&out), err);
}

static int layout_put_manifest(struct store *store, const char *tag_or_digest,
			       const struct registry_manifest *manifest, struct error *err)
{
	const struct layout_store *self = own(store);
	struct digest_text digest;

	if (make(&self->layout, err) ||
	    layout_blob_write(&self->layout, buf_slice(&manifest->bytes), &digest, err))
		return -1;
	return digest_is_valid(tag_or_digest) ? 0 : put_tag(self, tag_or_digest, manifest, err);
}

static const struct store_ops layout_ops = {
	.find = layout_find,
	.read = layout_read,
	.has = layout_has,
	.put = layout_put,
	.put_manifest = layout_put_manifest,
	.free = layout_free,
};

/* Also one that is not there, or where a publication was killed or has just begun. */
static bool is_empty(const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *file;
	size_t count = 0;

	if (!folder)
		return errno == ENOENT;
	while ((file = readdir(folder)))
		count += strcmp(file->d_name, ".") != 0 && strcmp(file->d_name, "..") != 0 &&
			 !str_starts(file->d_name, INCOMING_PREFIX);
	closedir(folder);
	return !count;
}

/* Nothing of others is written into: a layout, an empty folder, or none yet. */
static int check_folder(const struct layout *layout, struct error *err)
{
	AUTO(json_freep) struct json *version = NULL;
	int status = read_file(layout, "oci-layout", &version, err);
	const char *text = json_text(json_get(version, "imageLayoutVersion"));

	if (status < 0)
		return -1;
	if (status && !str_equal(text, "1.0.0"))
		return error_set(err, ERROR_INPUT, "'%s' is an image layout of version %s",
				 layout->folder, text ? text : "?");
	if (!status && !is_empty(layout->folder))
		return error_set(err, ERROR_INPUT, "'%s' holds something else than an image layout",
				 layout->folder);
	return 0;
}

int store_open_layout(const char *folder, const char *repository, struct store **ret_store,
		      struct error *err)
{
	struct layout_store *self = calloc(1, sizeof(*self));

	if (!self)
		return error_set_memory(err);
	self->store.ops = &layout_ops;
	self->store.takes_oci = true;
	self->layout.mode = 0666;
	self->layout.folder = str_copy(folder, err);
	self->repository = str_copy(repository, err);
	if (!self->layout.folder || !self->repository || check_folder(&self->layout, err)) {
		layout_free(&self->store);
		return -1;
	}
	*ret_store = &self->store;
	return 0;
}
