/* SPDX-License-Identifier: MIT */
#include "registry/archive-file.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/host.h"
#include "base/path.h"
#include "codec/digest.h"
#include "codec/tar.h"
#include "registry/archive-out.h"

void archive_file_free(struct store *store)
{
	struct archive_file *self = archive_file_of(store);

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

const struct archive_item *archive_file_item(const struct archive_file *self,
					     const char *digest_or_name)
{
	for (size_t i = 0; i < self->item_count; i++)
		if (str_equal(self->items[i].digest.text, digest_or_name) ||
		    str_equal(self->items[i].name, digest_or_name))
			return &self->items[i];
	return NULL;
}

static const struct archive_named *find_tag(const struct archive_file *self, const char *tag)
{
	for (size_t i = self->named_count; i-- > 0;)
		if (str_equal(self->named[i].tag, tag))
			return &self->named[i];
	return NULL;
}

bool archive_file_is_tagged(const struct archive_file *self, const struct archive_named *named)
{
	return named->tag && find_tag(self, named->tag) == named;
}

static const struct archive_named *find_manifest(const struct archive_file *self,
						 const char *digest)
{
	for (size_t i = 0; i < self->named_count; i++)
		if (str_equal(self->named[i].manifest.digest.text, digest))
			return &self->named[i];
	return NULL;
}

enum registry_answer archive_file_find(struct store *store, const char *tag,
				       struct registry_digest *ret_digest, struct error *err)
{
	const struct archive_named *named = find_tag(archive_file_of(store), tag);

	(void)err;
	if (!named)
		return REGISTRY_NO;
	*ret_digest = named->manifest.digest;
	return REGISTRY_YES;
}

int archive_file_has(struct store *store, const char *digest, int64_t size, struct error *err)
{
	(void)size;
	(void)err;
	return archive_file_item(archive_file_of(store), digest) != NULL;
}

static int collect(void *arg, const void *data, size_t len, struct error *err)
{
	buf_add(arg, data, len);
	return buf_check(arg, "a configuration", err);
}

int archive_file_read(struct store *store, const char *digest, struct buf *ret_bytes,
		      struct error *err)
{
	const struct archive_file *self = archive_file_of(store);
	const struct archive_named *named = find_manifest(self, digest);
	const struct archive_item *item = archive_file_item(self, digest);

	if (named) {
		buf_add_slice(ret_bytes, buf_slice(&named->manifest.bytes));
		return buf_check(ret_bytes, "a manifest", err);
	}
	if (!item)
		return error_set(err, ERROR_NOT_FOUND, "the archive has no %s", digest);
	return path_read_part(&(struct path_part){ self->file.fd, item->at, item->size }, collect,
			      ret_bytes, err);
}

int archive_file_put_manifest(struct store *store, const char *tag_or_digest,
			      const struct registry_manifest *manifest, struct error *err)
{
	struct archive_file *self = archive_file_of(store);
	struct archive_named *all = reallocarray(self->named, self->named_count + 1, sizeof(*all));
	struct archive_named *named;

	if (!all)
		return error_set_memory(err);
	self->named = all;
	named = &all[self->named_count++];
	*named = (struct archive_named){ .manifest = REGISTRY_MANIFEST_INIT };
	if (!digest_is_valid(tag_or_digest) && str_replace(&named->tag, tag_or_digest, err))
		return -1;
	return registry_manifest_copy(manifest, &named->manifest, err);
}

int archive_file_write(struct archive_file *self, struct slice bytes, struct error *err)
{
	if (path_write_all(self->file.fd, bytes))
		return incoming_fail(self->folder, errno, err);
	return 0;
}

static int write_at(struct archive_file *self, struct slice bytes, int64_t at, struct error *err)
{
	if (lseek(self->file.fd, at, SEEK_SET) < 0)
		return incoming_fail(self->folder, errno, err);
	return archive_file_write(self, bytes, err);
}

int archive_file_begin(struct archive_file *self, struct archive_item *ret_item, struct error *err)
{
	*ret_item = (struct archive_item){ .at = self->end + TAR_BLOCK };
	if (self->file.fd < 0 && incoming_open(self->folder, 0666, &self->file, err))
		return -1;
	return write_at(self, (struct slice){ 0 }, ret_item->at, err);
}

/* The header, for which room was left, and what fills the last block. */
static int frame(struct archive_file *self, const struct archive_item *item, struct error *err)
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

/* One of that name stands for both: they are the same bytes. */
int archive_file_add(struct archive_file *self, const struct archive_item *item, struct error *err)
{
	const struct archive_item *former = archive_file_item(self, item->name);
	int64_t at = former ? former->at : item->at;
	struct archive_item *items;

	if (!former && frame(self, item, err))
		return -1;
	items = reallocarray(self->items, self->item_count + 1, sizeof(*items));
	if (!items)
		return error_set_memory(err);
	self->items = items;
	items[self->item_count] = *item;
	items[self->item_count++].at = at;
	if (!former)
		self->end = at + item->size + (int64_t)tar_padding(item->size);
	return 0;
}

int archive_file_add_text(struct archive_file *self, const char *name, const char *digest,
			  struct slice text, struct error *err)
{
	struct archive_item item;

	if (archive_file_begin(self, &item, err) || archive_file_write(self, text, err))
		return -1;
	item.size = (int64_t)text.len;
	snprintf(item.name, sizeof(item.name), "%s", name);
	snprintf(item.digest.text, sizeof(item.digest.text), "%s", digest ? digest : "");
	return archive_file_add(self, &item, err);
}

/* Header, content and what fills the last block. */
static void add_range(const struct archive_item *item, struct archive_range *ranges, size_t *count)
{
	struct archive_range range = {
		.at = item->at - TAR_BLOCK,
		.len = TAR_BLOCK + item->size + (int64_t)tar_padding(item->size),
	};

	for (size_t i = 0; i < *count; i++)
		if (ranges[i].at == range.at)
			return;
	ranges[(*count)++] = range;
}

/* Something that came twice may lie behind the last item. */
static int write_end(struct archive_file *self, struct archive_range *ret_range, struct error *err)
{
	AUTO(buf_release) struct buf end = BUF_INIT(2 * TAR_BLOCK);

	tar_write_end(&end);
	*ret_range = (struct archive_range){ self->end, (int64_t)end.len };
	if (buf_check(&end, "an archive's end", err) ||
	    write_at(self, buf_slice(&end), self->end, err))
		return -1;
	return ftruncate(self->file.fd, self->end + (int64_t)end.len)
		       ? incoming_fail(self->folder, errno, err)
		       : 0;
}

static int place_copy(struct archive_file *self, struct archive_copy *copy, struct error *err)
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

static int place(struct archive_file *self, struct archive_copy *copy, struct error *err)
{
	copy->compression = archive_compression(self->path);
	if (self->is_stdout || copy->compression || !archive_is_in_order(copy))
		return place_copy(self, copy, err);
	return incoming_place(&self->file, self->path, err);
}

bool archive_file_is_due(const struct archive_file *self)
{
	return self->file.fd >= 0 && self->named_count && !self->is_placed;
}

int archive_file_place(struct archive_file *self, const struct strv *order, struct error *err)
{
	AUTOFREE struct archive_range *ranges = calloc(order->len + 1, sizeof(*ranges));
	struct archive_copy copy = { .from_fd = self->file.fd,
				     .ranges = ranges,
				     .name = self->path };

	if (!ranges)
		return error_set_memory(err);
	for (size_t i = 0; i < order->len; i++) {
		const struct archive_item *item = archive_file_item(self, order->items[i]);

		if (!item)
			return error_set(err, ERROR_PROTOCOL, "a blob of the image did not come");
		add_range(item, ranges, &copy.count);
	}
	if (write_end(self, &ranges[copy.count++], err) || place(self, &copy, err))
		return -1;
	self->is_placed = true;
	return 0;
}

/* What is replaced is an archive, or at least a plain file: /dev/stdout is a link. */
static int check_path(const struct archive_file *self, struct error *err)
{
	struct stat st;

	if (self->is_stdout)
		return path_make_folders(self->folder, 0700, err);
	if (!lstat(self->path, &st) && !S_ISREG(st.st_mode)) {
		error_set(err, ERROR_INPUT, "'%s' is no plain file", self->path);
		return S_ISLNK(st.st_mode) ? error_hint(err, "a link is not followed: name the "
							     "file itself")
					   : -1;
	}
	if (stat(self->folder, &st) || !S_ISDIR(st.st_mode))
		return error_set(err, ERROR_INPUT, "there is no folder '%s'", self->folder);
	return 0;
}

int archive_file_open(const char *path, const char *repository, const struct store_ops *ops,
		      struct archive_file **ret_file, struct error *err)
{
	struct archive_file *self = calloc(1, sizeof(*self));

	if (!self)
		return error_set_memory(err);
	self->store.ops = ops;
	self->file = (struct incoming)INCOMING_INIT;
	self->is_stdout = !strcmp(path, "-");
	self->path = str_copy(path, err);
	self->folder = self->is_stdout ? host_state_folder(err) : path_folder(path, err);
	self->repository = str_copy(repository, err);
	if (!self->path || !self->folder || !self->repository || check_path(self, err)) {
		archive_file_free(&self->store);
		return -1;
	}
	*ret_file = self;
	return 0;
}
