/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/host.h"
#include "base/limits.h"
#include "base/path.h"
#include "codec/compress.h"
#include "codec/digest.h"
#include "codec/json.h"
#include "codec/tar.h"
#include "layout/incoming.h"
#include "registry/archive-out.h"
#include "registry/store.h"

/* A layer larger than this does not fit into one block's header. */
#define SIZE_MAX_USTAR (8LL * 1024 * 1024 * 1024)

/* A file of the archive. */
struct item {
	struct registry_digest digest; /* as it came: of a layer maybe compressed */
	char name[96];		       /* "blobs/sha256/<of the content>" */
	int64_t at, size;
};

/* What a tag or nothing but its digest names. */
struct named {
	char *tag; /* NULL: no tag */
	struct registry_manifest manifest;
};

/*
 * What docker load takes: the archive of one image, all of its tags, layers
 * without compression. The same image gives the same bytes, whatever engine it comes
 * from: the configuration is first, then the layers in their order, every time is 0. A
 * former archive of that name is replaced by the whole new one.
 */
struct archive_store {
	struct store store; /* first, so that a pointer to it is one to this */
	char *path, *folder, *repository;
	struct incoming file;
	int64_t end; /* of the items */
	struct item *items;
	size_t item_count;
	struct named *named;
	size_t named_count;
	bool is_placed;
	bool is_stdout; /* and `folder` is the state's, for the time being */
};

static struct archive_store *own(struct store *store)
{
	return (struct archive_store *)store;
}

static void archive_free(struct store *store)
{
	struct archive_store *self = own(store);

	for (size_t i = 0; i < self->named_count; i++) {
		free(self->named[i].tag);
		registry_manifest_release(&self->named[i].manifest);
	}
	incoming_release(&self->file);
	free(self->named);
	free(self->items);
	free(self->path);
	free(self->folder);
	free(self->repository);
	free(self);
}

static const struct item *find_item(const struct archive_store *self, const char *digest)
{
	for (size_t i = 0; i < self->item_count; i++)
		if (str_equal(self->items[i].digest.text, digest))
			return &self->items[i];
	return NULL;
}

static const struct named *find_tag(const struct archive_store *self, const char *tag)
{
	for (size_t i = 0; i < self->named_count; i++)
		if (str_equal(self->named[i].tag, tag))
			return &self->named[i];
	return NULL;
}

static const struct named *find_manifest(const struct archive_store *self, const char *digest)
{
	for (size_t i = 0; i < self->named_count; i++)
		if (str_equal(self->named[i].manifest.digest.text, digest))
			return &self->named[i];
	return NULL;
}

static enum registry_answer archive_find(struct store *store, const char *tag,
					 struct registry_digest *ret_digest, struct error *err)
{
	const struct named *named = find_tag(own(store), tag);

	(void)err;
	if (!named)
		return REGISTRY_NO;
	*ret_digest = named->manifest.digest;
	return REGISTRY_YES;
}

static int archive_has(struct store *store, const char *digest, int64_t size, struct error *err)
{
	(void)size;
	(void)err;
	return find_item(own(store), digest) != NULL;
}

static int read_item(const struct archive_store *self, const struct item *item, struct buf *ret,
		     struct error *err)
{
	char chunk[4096];

	for (int64_t at = 0; at < item->size;) {
		int64_t left = item->size - at;
		size_t len = left < (int64_t)sizeof(chunk) ? (size_t)left : sizeof(chunk);
		ssize_t count = pread(self->file.fd, chunk, len, item->at + at);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return error_set_errno(err, count ? errno : EIO, "cannot read '%s'",
					       self->path);
		buf_add(ret, chunk, (size_t)count);
		at += count;
	}
	return buf_check(ret, "a configuration", err);
}

static int archive_read(struct store *store, const char *digest, struct buf *ret_bytes,
			struct error *err)
{
	const struct archive_store *self = own(store);
	const struct named *named = find_manifest(self, digest);
	const struct item *item = find_item(self, digest);

	if (named) {
		buf_add_slice(ret_bytes, buf_slice(&named->manifest.bytes));
		return buf_check(ret_bytes, "a manifest", err);
	}
	return item ? read_item(self, item, ret_bytes, err)
		    : error_set(err, ERROR_NOT_FOUND, "the archive has no %s", digest);
}

static int write_at(const struct archive_store *self, struct slice bytes, int64_t at,
		    struct error *err)
{
	if (lseek(self->file.fd, at, SEEK_SET) < 0 || path_write_all(self->file.fd, bytes))
		return incoming_fail(self->folder, errno, err);
	return 0;
}

/* The content of an item on its way out of its compression. */
struct unpacking {
	const struct archive_store *self;
	struct digest sum;
	int64_t size;
};

static int take(void *arg, const void *data, size_t len, struct error *err)
{
	struct unpacking *unpacking = arg;

	digest_add(&unpacking->sum, data, len);
	unpacking->size += (int64_t)len;
	if (unpacking->size >= SIZE_MAX_USTAR)
		return error_set(err, ERROR_UNSUPPORTED,
				 "a layer of 8 GiB or more does not go into a Docker archive");
	if (path_write_all(unpacking->self->file.fd, (struct slice){ data, len }))
		return incoming_fail(unpacking->self->folder, errno, err);
	return 0;
}

static int unpack(const struct store_body *body, struct unpacking *unpacking, struct error *err)
{
	AUTO(decompressor_freep) struct decompressor *decompressor = NULL;
	AUTOFREE char *chunk = malloc(LIMIT_CHUNK);
	ssize_t len;

	if (!chunk)
		return error_set_memory(err);
	if (decompressor_new(&(struct decompression){ .is_detected = true,
						      .max_bytes = SIZE_MAX_USTAR,
						      .sink = take,
						      .sink_arg = unpacking },
			     &decompressor, err))
		return -1;
	while ((len = body->read(body->arg, chunk, LIMIT_CHUNK, err)) > 0)
		if (decompressor_write(decompressor, chunk, (size_t)len, err))
			return -1;
	return len ? -1 : decompressor_finish(decompressor, err);
}

/* The header, for which room was left, and what fills the last block. */
static int frame(const struct archive_store *self, const struct item *item, struct error *err)
{
	static const char zeros[TAR_BLOCK];
	AUTO(buf_release) struct buf header = BUF_INIT(TAR_BLOCK);

	tar_write_header(&header, &(struct tar_entry){ .type = TAR_FILE,
						       .path = item->name,
						       .mode = 0644,
						       .size = item->size });
	if (buf_check(&header, "a header", err))
		return -1;
	return write_at(self, (struct slice){ zeros, tar_padding(item->size) },
			item->at + item->size, err) ||
			       write_at(self, buf_slice(&header), item->at - TAR_BLOCK, err)
		       ? -1
		       : 0;
}

static int add_item(struct archive_store *self, const struct item *item, struct error *err)
{
	struct item *items = reallocarray(self->items, self->item_count + 1, sizeof(*items));

	if (!items)
		return error_set_memory(err);
	self->items = items;
	self->items[self->item_count++] = *item;
	return 0;
}

static bool has_name(const struct archive_store *self, struct item *item)
{
	for (size_t i = 0; i < self->item_count; i++)
		if (!strcmp(self->items[i].name, item->name)) {
			item->at = self->items[i].at;
			return true;
		}
	return false;
}

static int receive(struct archive_store *self, const struct store_body *body,
		   struct unpacking *unpacking, struct error *err)
{
	struct item item = { .at = self->end + TAR_BLOCK };
	struct digest_text digest;

	if (digest_init(&unpacking->sum, err) ||
	    write_at(self, (struct slice){ 0 }, item.at, err) || unpack(body, unpacking, err))
		return -1;
	digest = digest_finish(&unpacking->sum);
	item.size = unpacking->size;
	snprintf(item.digest.text, sizeof(item.digest.text), "%s", body->digest);
	snprintf(item.name, sizeof(item.name), "blobs/sha256/%s", digest.text + strlen("sha256:"));
	if (has_name(self, &item))
		return add_item(self, &item, err);
	if (frame(self, &item, err) || add_item(self, &item, err))
		return -1;
	self->end = item.at + item.size + (int64_t)tar_padding(item.size);
	return 0;
}

static int archive_put(struct store *store, const struct store_body *body, struct error *err)
{
	struct archive_store *self = own(store);
	struct unpacking unpacking = { .self = self };
	int status;

	if (self->file.fd < 0 && incoming_open(self->folder, 0666, &self->file, err))
		return -1;
	status = receive(self, body, &unpacking, err);
	digest_release(&unpacking.sum);
	return status;
}

static int archive_put_manifest(struct store *store, const char *tag_or_digest,
				const struct registry_manifest *manifest, struct error *err)
{
	struct archive_store *self = own(store);
	struct named *all = reallocarray(self->named, self->named_count + 1, sizeof(*all)), *named;

	if (!all)
		return error_set_memory(err);
	self->named = all;
	if (!strcmp(manifest->media_type, MEDIA_TYPE_OCI_INDEX) ||
	    !strcmp(manifest->media_type, MEDIA_TYPE_DOCKER_LIST)) {
		error_set(err, ERROR_INPUT, "a Docker archive has room for one platform");
		return error_hint(err, "oci:FOLDER takes several; --platform names one");
	}
	named = &all[self->named_count++];
	*named = (struct named){ .manifest = REGISTRY_MANIFEST_INIT };
	if (!digest_is_valid(tag_or_digest) && str_replace(&named->tag, tag_or_digest, err))
		return -1;
	return registry_manifest_copy(manifest, &named->manifest, err);
}

static void write_tags(struct json_writer *writer, const struct archive_store *self)
{
	json_open_array(writer, "RepoTags");
	for (size_t i = 0; i < self->named_count; i++) {
		AUTO(buf_release) struct buf name = BUF_INIT(LIMIT_PEER_TEXT);

		if (!self->named[i].tag || find_tag(self, self->named[i].tag) != &self->named[i])
			continue;
		buf_add_format(&name, "%s:%s", self->repository, self->named[i].tag);
		json_add_text(writer, NULL, name.data);
	}
	json_close_array(writer);
}

static int write_index(const struct archive_store *self, struct buf *out, struct error *err)
{
	const struct registry_manifest *held = &self->named[self->named_count - 1].manifest;
	AUTO(manifest_release) struct manifest manifest = { 0 };
	struct json_writer writer = JSON_WRITER(out);
	const struct item *item;

	if (manifest_parse(buf_slice(&held->bytes), held->media_type, &manifest, err))
		return -1;
	item = find_item(self, manifest.config.digest);
	json_open_array(&writer, NULL);
	json_open_object(&writer, NULL);
	json_add_text(&writer, "Config", item ? item->name : "");
	write_tags(&writer, self);
	json_open_array(&writer, "Layers");
	for (size_t i = 0; i < manifest.item_count && item; i++) {
		item = find_item(self, manifest.items[i].digest);
		json_add_text(&writer, NULL, item ? item->name : "");
	}
	json_close_array(&writer);
	json_close_object(&writer);
	json_close_array(&writer);
	return item ? buf_check(out, "manifest.json", err)
		    : error_set(err, ERROR_PROTOCOL, "a blob of the image did not come");
}

static int add_index(const struct archive_store *self, struct error *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_JSON_DOCUMENT);
	AUTO(buf_release) struct buf end = BUF_INIT(2 * TAR_BLOCK);
	struct item item = { .name = "manifest.json", .at = self->end + TAR_BLOCK };

	if (write_index(self, &text, err))
		return -1;
	item.size = (int64_t)text.len;
	tar_write_end(&end);
	if (buf_check(&end, "an archive's end", err) ||
	    write_at(self, buf_slice(&text), item.at, err) || frame(self, &item, err))
		return -1;
	item.at += item.size + (int64_t)tar_padding(item.size);
	if (write_at(self, buf_slice(&end), item.at, err))
		return -1;
	/* Something that came twice may lie behind it. */
	return ftruncate(self->file.fd, item.at + (int64_t)end.len)
		       ? incoming_fail(self->folder, errno, err)
		       : 0;
}

/* Header, content and what fills the last block. Of an item that came under two digests
 * the first time counts. */
static void add_range(const struct archive_store *self, const char *digest,
		      struct archive_range *ranges, size_t *count)
{
	const struct item *item = find_item(self, digest);
	struct archive_range range = { 0 };

	if (!item)
		return;
	range.at = item->at - TAR_BLOCK;
	range.len = TAR_BLOCK + item->size + (int64_t)tar_padding(item->size);
	for (size_t i = 0; i < *count; i++)
		if (ranges[i].at == range.at)
			return;
	ranges[(*count)++] = range;
}

/* In the order of the manifest; the list is at the end already. */
static int find_ranges(const struct archive_store *self, struct archive_range **ret_ranges,
		       size_t *ret_count, struct error *err)
{
	const struct registry_manifest *held = &self->named[self->named_count - 1].manifest;
	AUTO(manifest_release) struct manifest manifest = { 0 };
	off_t end = lseek(self->file.fd, 0, SEEK_END);
	struct archive_range *ranges;
	size_t count = 0;

	if (end < 0)
		return error_set_errno(err, errno, "cannot read '%s'", self->path);
	if (manifest_parse(buf_slice(&held->bytes), held->media_type, &manifest, err))
		return -1;
	ranges = calloc(manifest.item_count + 2, sizeof(*ranges));
	if (!ranges)
		return error_set_memory(err);
	add_range(self, manifest.config.digest, ranges, &count);
	for (size_t i = 0; i < manifest.item_count; i++)
		add_range(self, manifest.items[i].digest, ranges, &count);
	ranges[count++] = (struct archive_range){ self->end, end - self->end };
	*ret_ranges = ranges;
	*ret_count = count;
	return 0;
}

static int place_copy(struct archive_store *self, struct archive_copy *copy, struct error *err)
{
	AUTO(incoming_release) struct incoming file = INCOMING_INIT;

	if (self->is_stdout) {
		copy->to_fd = STDOUT_FILENO;
		return archive_copy(copy, err);
	}
	if (incoming_open(self->folder, 0666, &file, err))
		return -1;
	copy->to_fd = file.fd;
	return archive_copy(copy, err) ? -1 : incoming_place(&file, self->path, err);
}

static int place(struct archive_store *self, struct error *err)
{
	AUTOFREE struct archive_range *ranges = NULL;
	struct archive_copy copy = { .from_fd = self->file.fd, .name = self->path };

	if (find_ranges(self, &ranges, &copy.count, err))
		return -1;
	copy.ranges = ranges;
	copy.compression = archive_compression(self->path);
	if (self->is_stdout || copy.compression || !archive_is_in_order(&copy))
		return place_copy(self, &copy, err);
	return incoming_place(&self->file, self->path, err);
}

static int archive_finish(struct store *store, struct error *err)
{
	struct archive_store *self = own(store);

	if (self->file.fd < 0 || !self->named_count || self->is_placed)
		return 0;
	if (add_index(self, err) || place(self, err))
		return -1;
	self->is_placed = true;
	return 0;
}

static const struct store_ops archive_ops = {
	.find = archive_find,
	.read = archive_read,
	.has = archive_has,
	.put = archive_put,
	.put_manifest = archive_put_manifest,
	.finish = archive_finish,
	.free = archive_free,
};

/* What is replaced is an archive, or at least a file. */
static int check_path(const struct archive_store *self, struct error *err)
{
	struct stat st;

	if (self->is_stdout)
		return path_make_folders(self->folder, 0700, err);
	if (!stat(self->path, &st) && !S_ISREG(st.st_mode))
		return error_set(err, ERROR_INPUT, "'%s' is no file", self->path);
	if (stat(self->folder, &st) || !S_ISDIR(st.st_mode))
		return error_set(err, ERROR_INPUT, "there is no folder '%s'", self->folder);
	return 0;
}

int store_open_archive(const char *path, const char *repository, struct store **ret_store,
		       struct error *err)
{
	struct archive_store *self = calloc(1, sizeof(*self));

	if (!self)
		return error_set_memory(err);
	self->store.ops = &archive_ops;
	self->store.takes_plain = true;
	self->file = (struct incoming)INCOMING_INIT;
	self->is_stdout = !strcmp(path, "-");
	self->path = str_copy(path, err);
	self->folder = self->is_stdout ? host_state_folder(err) : path_folder(path, err);
	self->repository = str_copy(repository, err);
	if (!self->path || !self->folder || !self->repository || check_path(self, err)) {
		archive_free(&self->store);
		return -1;
	}
	*ret_store = &self->store;
	return 0;
}
