/* SPDX-License-Identifier: MIT */
#include "flow/archive/load-parts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/host.h"
#include "base/interrupt.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/str.h"
#include "codec/tar.h"

/* Files on their way into ours. */
struct receipt {
	struct load_parts *parts;
	struct digest digest;
	int64_t left; /* of the last part */
	/* Of an archive. */
	struct tar_reader *reader;
	size_t entry_count;
	bool is_wanted;
};

static void receipt_release(struct receipt *receipt)
{
	tar_reader_free(receipt->reader);
	digest_release(&receipt->digest);
}

void load_parts_release(struct load_parts *parts)
{
	for (size_t i = 0; i < parts->len; i++)
		free(parts->items[i].path);
	free(parts->items);
	free(parts->source);
	free(parts->folder);
	cleanup_close(&parts->fd);
	*parts = (struct load_parts)LOAD_PARTS_INIT;
}

static const struct load_part *find_path(const struct load_parts *parts, const char *path)
{
	for (size_t i = 0; i < parts->len; i++)
		if (!strcmp(parts->items[i].path, path))
			return &parts->items[i];
	return NULL;
}

static void finish_part(struct receipt *receipt)
{
	struct load_parts *parts = receipt->parts;

	parts->items[parts->len - 1].digest = digest_finish(&receipt->digest);
	receipt->is_wanted = false;
}

static int begin_part(struct receipt *receipt, const char *path, int64_t size, struct error *err)
{
	struct load_parts *parts = receipt->parts;
	struct load_part *items = reallocarray(parts->items, parts->len + 1, sizeof(*items));

	if (!items)
		return error_set_memory(err);
	parts->items = items;
	items[parts->len] =
		(struct load_part){ .path = str_copy(path, err), .at = parts->end, .size = size };
	if (!items[parts->len].path)
		return -1;
	parts->len++;
	receipt->left = size;
	if (!size)
		finish_part(receipt);
	return 0;
}

static int add_data(struct receipt *receipt, struct slice data, struct error *err)
{
	struct load_parts *parts = receipt->parts;

	if (path_write_all(parts->fd, data))
		return host_write_error("an image", parts->folder, errno, err);
	digest_add(&receipt->digest, data.data, data.len);
	parts->end += (int64_t)data.len;
	receipt->left -= (int64_t)data.len;
	if (!receipt->left)
		finish_part(receipt);
	return 0;
}

/* ---- an archive ---- */

/* A longer name is none that an image's files have. */
static int take_entry(void *arg, const struct tar_entry *entry, struct error *err)
{
	struct receipt *receipt = arg;
	const char *path = entry->path + (str_starts(entry->path, "./") ? 2 : 0);

	receipt->is_wanted = entry->type == TAR_FILE && strlen(path) <= LIMIT_PEER_TEXT;
	if (++receipt->entry_count > LIMIT_LAYOUT_ENTRIES)
		return error_set(err, ERROR_INPUT, "it has more entries than an image");
	if (!receipt->is_wanted)
		return 0;
	if (find_path(receipt->parts, path))
		return error_set(err, ERROR_INPUT, "'%.80s' is in it twice", path);
	return begin_part(receipt, path, entry->size, err);
}

static int take_data(void *arg, struct slice data, struct error *err)
{
	struct receipt *receipt = arg;

	return receipt->is_wanted ? add_data(receipt, data, err) : 0;
}

static int feed(void *arg, const void *data, size_t len, struct error *err)
{
	const struct receipt *receipt = arg;

	return tar_reader_feed(receipt->reader, (struct slice){ data, len }, err);
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

static int receive_archive(struct load_parts *parts, int fd, struct error *err)
{
	AUTO(decompressor_freep) struct decompressor *decompressor = NULL;
	AUTO(receipt_release) struct receipt receipt = { .parts = parts };

	receipt.reader = tar_reader_new(
		&(struct tar_handler){ .entry = take_entry, .data = take_data, .arg = &receipt },
		err);
	if (!receipt.reader || digest_init(&receipt.digest, err) ||
	    decompressor_new(&(struct decompression){ .is_detected = true,
						      .max_bytes = LIMIT_LOAD_BYTES,
						      .sink = feed,
						      .sink_arg = &receipt },
			     &decompressor, err))
		return -1;
	return receive(fd, decompressor, err) ? -1 : tar_reader_finish(receipt.reader, err);
}

/* ---- a folder ---- */

/* What grows or shrinks meanwhile is not what it was. */
static int copy(struct receipt *receipt, int fd, struct error *err)
{
	AUTOFREE char *chunk = malloc(LIMIT_CHUNK);

	if (!chunk)
		return error_set_memory(err);
	while (receipt->left) {
		int64_t left = receipt->left;
		ssize_t len =
			read(fd, chunk, left < (int64_t)LIMIT_CHUNK ? (size_t)left : LIMIT_CHUNK);

		if (interrupt_check(err))
			return -1;
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return error_set_errno(err, errno, "cannot read it");
		if (!len)
			return error_set(err, ERROR_INPUT, "it has become shorter");
		if (add_data(receipt, (struct slice){ chunk, (size_t)len }, err))
			return -1;
	}
	return 0;
}

static int receive_file(struct load_parts *parts, const char *name, int fd, int64_t size,
			struct error *err)
{
	AUTO(receipt_release) struct receipt receipt = { .parts = parts };

	if (digest_init(&receipt.digest, err) || begin_part(&receipt, name, size, err))
		return -1;
	return copy(&receipt, fd, err);
}

static int too_large(const char *name, int64_t max, struct error *err)
{
	return error_set(err, ERROR_INPUT, "its '%.80s' has more than %lld bytes", name,
			 (long long)max);
}

/* 1, 0: there is none, -1. */
static int bring(struct load_parts *parts, const char *name, int64_t max, struct error *err)
{
	AUTOFREE char *path = path_join(parts->source, name, err);
	AUTOCLOSE int fd = -1;
	struct stat st;
	int64_t size;

	if (!path)
		return -1;
	if (lstat(path, &st))
		return errno == ENOENT || errno == ENOTDIR
			       ? 0
			       : error_set_errno(err, errno, "cannot look at its '%.80s'", name);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_INPUT, "its '%.80s' is no plain file", name);
	if (path_open(path, &fd, &size, err))
		return -1;
	if (size > max || size > LIMIT_LOAD_BYTES - parts->end)
		return too_large(name, max, err);
	return receive_file(parts, name, fd, size, err) ? error_wrap(err, "'%.80s'", name) : 1;
}

/* ---- */

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

int load_parts_open(struct load_parts *parts, const char *path, struct error *err)
{
	AUTOCLOSE int fd = -1;
	struct stat st;

	parts->folder = host_state_folder(err);
	if (!parts->folder || open_file(path, &fd, err) ||
	    path_open_temporary(parts->folder, &parts->fd, err))
		return -1;
	if (fstat(fd, &st))
		return error_set_errno(err, errno, "cannot read it");
	if (!S_ISDIR(st.st_mode))
		return receive_archive(parts, fd, err);
	return str_replace(&parts->source, path, err);
}

int load_parts_lack(const char *name, struct error *err)
{
	return error_set(err, ERROR_INPUT, "it lacks the file '%.80s'", name ? name : "(none)");
}

/* Of at most so many bytes. */
static int find(struct load_parts *parts, const char *path, int64_t max, struct load_part *ret_part,
		struct error *err)
{
	const struct load_part *part = find_path(parts, path);
	int status = part ? 1 : 0;

	if (!part && parts->source)
		status = bring(parts, path, max, err);
	if (status <= 0)
		return status;
	if (!part)
		part = &parts->items[parts->len - 1];
	if (part->size > max)
		return too_large(path, max, err);
	*ret_part = *part;
	return 1;
}

int load_parts_find(struct load_parts *parts, const char *path, struct load_part *ret_part,
		    struct error *err)
{
	return find(parts, path, LIMIT_LOAD_BYTES, ret_part, err);
}

static int find_blob(struct load_parts *parts, const struct descriptor *blob, int64_t max,
		     struct load_part *ret_part, struct error *err)
{
	struct load_part part;
	char path[96];
	int status;

	snprintf(path, sizeof(path), "blobs/sha256/%s", blob->digest + strlen("sha256:"));
	status = find(parts, path, max, &part, err);
	if (status <= 0)
		return status;
	if (strcmp(part.digest.text, blob->digest) != 0)
		return error_set(err, ERROR_INPUT, "its blob %.19s has the bytes of %.19s",
				 blob->digest, part.digest.text);
	if (part.size != blob->size)
		return error_set(err, ERROR_INPUT, "its blob %.19s has %lld bytes, not %lld",
				 blob->digest, (long long)part.size, (long long)blob->size);
	*ret_part = part;
	return 1;
}

int load_parts_find_blob(struct load_parts *parts, const struct descriptor *blob,
			 struct load_part *ret_part, struct error *err)
{
	return find_blob(parts, blob, LIMIT_LOAD_BYTES, ret_part, err);
}

static int read_to(const struct load_parts *parts, const struct load_part *part, path_sink *sink,
		   void *arg, struct error *err)
{
	const struct path_part range = { parts->fd, part->at, part->size };

	return path_read_part(&range, sink, arg, err);
}

static int collect(void *arg, const void *data, size_t len, struct error *err)
{
	buf_add(arg, data, len);
	return buf_check(arg, "a document of it", err);
}

int load_parts_read(struct load_parts *parts, const char *path, struct buf *ret, struct error *err)
{
	struct load_part part;
	int status = find(parts, path, (int64_t)ret->max, &part, err);

	return status > 0 && read_to(parts, &part, collect, ret, err) ? -1 : status;
}

int load_parts_read_blob(struct load_parts *parts, const struct descriptor *blob, struct buf *ret,
			 struct error *err)
{
	struct load_part part;
	int status = find_blob(parts, blob, (int64_t)ret->max, &part, err);

	return status > 0 && read_to(parts, &part, collect, ret, err) ? -1 : status;
}

static int add_to_digest(void *arg, const void *data, size_t len, struct error *err)
{
	(void)err;
	digest_add(arg, data, len);
	return 0;
}

static int decompress(void *arg, const void *data, size_t len, struct error *err)
{
	return decompressor_write(arg, data, len, err);
}

static int hash_unpacked(const struct load_parts *parts, const struct load_part *part,
			 enum compression compression, struct digest *digest, struct error *err)
{
	AUTO(decompressor_freep) struct decompressor *decompressor = NULL;

	if (decompressor_new(&(struct decompression){ .compression = compression,
						      .max_bytes = LIMIT_LOAD_BYTES,
						      .sink = add_to_digest,
						      .sink_arg = digest },
			     &decompressor, err) ||
	    read_to(parts, part, decompress, decompressor, err))
		return -1;
	return decompressor_finish(decompressor, err);
}

int load_parts_unpack(const struct load_parts *parts, const struct load_part *part,
		      enum compression *ret_compression, struct digest_text *ret_digest,
		      struct error *err)
{
	AUTO(digest_release) struct digest digest = { 0 };
	ssize_t len = part->size < 4 ? part->size : 4;
	char head[4];

	if (pread(parts->fd, head, (size_t)len, part->at) != len)
		return error_set_errno(err, errno, "cannot read a temporary file");
	*ret_compression = compression_detect((struct slice){ head, (size_t)len });
	if (*ret_compression == COMPRESSION_NONE) {
		*ret_digest = part->digest;
		return 0;
	}
	if (digest_init(&digest, err) || hash_unpacked(parts, part, *ret_compression, &digest, err))
		return -1;
	*ret_digest = digest_finish(&digest);
	return 0;
}

int load_parts_open_blob(const struct load_parts *parts, const char *digest, int *ret_fd,
			 struct error *err)
{
	const struct load_part *part = parts->items, *end = part + parts->len;
	AUTOCLOSE int fd = -1;
	char name[64];

	while (part < end && strcmp(part->digest.text, digest) != 0)
		part++;
	if (part == end)
		return error_set(err, ERROR_NOT_FOUND, "the archive has no %s", digest);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", parts->fd);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || lseek(fd, part->at, SEEK_SET) < 0)
		return error_set_errno(err, errno, "cannot read a temporary file");
	*ret_fd = TAKE_FD(fd);
	return 0;
}
