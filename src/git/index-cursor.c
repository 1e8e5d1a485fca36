/* SPDX-License-Identifier: MIT */
#include "git/index-cursor.h"

#include <errno.h>
#include <stdio_ext.h>

#include "base/path.h"

#define FLAG_ASSUMED   0x8000
#define FLAG_EXTENDED  0x4000
#define FLAG_STAGE     0x3000
#define FLAG_NAME_LEN  0x0fff
#define FLAG_SKIP_WORK 0x4000 /* in the extended flags: sparse */
#define HEADER_SIZE    12
#define ENTRY_SIZE     62

static uint32_t read_32(const unsigned char *data)
{
	return (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3];
}

static uint16_t read_16(const unsigned char *data)
{
	return (uint16_t)(data[0] << 8 | data[1]);
}

/* The bytes up to a NUL, which is consumed, behind what is kept of the path. */
static bool read_path(FILE *file, struct index_entry *entry)
{
	int c;

	while ((c = getc_unlocked(file)) > 0 && entry->path_len < LIMIT_PATH)
		entry->path[entry->path_len++] = (char)c;
	entry->path[entry->path_len] = '\0';
	return !c && entry->path_len;
}

/* Version 4: how much of the path before this one is dropped. */
static bool drop_tail(FILE *file, struct index_entry *entry)
{
	size_t len;
	int c = getc_unlocked(file);

	for (len = c & 127; c >= 0 && c & 128; len = (len + 1) << 7 | (size_t)(c & 127)) {
		c = getc_unlocked(file);
		if (len > LIMIT_PATH)
			return false;
	}
	if (c < 0 || len > entry->path_len)
		return false;
	entry->path_len -= len;
	return true;
}

/* Versions 2 and 3: NULs up to a multiple of 8 behind the one that was read. */
static bool skip_padding(FILE *file, size_t size)
{
	for (size++; size % 8; size++)
		if (getc_unlocked(file))
			return false;
	return true;
}

/* The next entry of the file, over the current one; false if it is damaged. */
static bool read_entry(struct index_cursor *cursor)
{
	unsigned char data[ENTRY_SIZE], extended[2] = { 0 };
	struct index_entry *entry = &cursor->entry;
	size_t size = ENTRY_SIZE;
	uint16_t flags;

	if (fread_unlocked(data, ENTRY_SIZE, 1, cursor->file) != 1)
		return false;
	flags = read_16(data + 60);
	if (flags & FLAG_EXTENDED) {
		if (fread_unlocked(extended, 2, 1, cursor->file) != 1)
			return false;
		size += 2;
	}
	entry->ctime = read_32(data);
	entry->ctime_ns = read_32(data + 4);
	entry->mtime = read_32(data + 8);
	entry->mtime_ns = read_32(data + 12);
	entry->ino = read_32(data + 20);
	entry->mode = read_32(data + 24);
	entry->size = read_32(data + 36);
	memcpy(entry->oid.id, data + 40, GIT_OID_RAWSZ);
	entry->is_assumed = flags & FLAG_ASSUMED;
	entry->is_merged = !(flags & FLAG_STAGE);
	cursor->is_sparse |= (read_16(extended) & FLAG_SKIP_WORK) != 0;
	if (cursor->version == 4)
		return drop_tail(cursor->file, entry) && read_path(cursor->file, entry);
	entry->path_len = 0;
	return read_path(cursor->file, entry) && skip_padding(cursor->file, size + entry->path_len);
}

static bool read_header(struct index_cursor *cursor)
{
	unsigned char data[HEADER_SIZE];

	if (fread(data, HEADER_SIZE, 1, cursor->file) != 1 || memcmp(data, "DIRC", 4) != 0)
		return false;
	cursor->version = read_32(data + 4);
	cursor->count = cursor->left = read_32(data + 8);
	return cursor->version >= 2 && cursor->version <= 4;
}

/* An extension in lower case changes the meaning of the entries ("link": more
 * are elsewhere, "sdir": some are folders). The checksum is the end. */
static bool has_plain_extensions(struct index_cursor *cursor, off_t size)
{
	unsigned char data[8];

	while (size - ftello(cursor->file) > GIT_OID_RAWSZ) {
		if (fread(data, sizeof(data), 1, cursor->file) != 1)
			return false;
		if (data[0] >= 'a' && data[0] <= 'z')
			return false;
		if (fseeko(cursor->file, read_32(data + 4), SEEK_CUR))
			return false;
	}
	return size - ftello(cursor->file) == GIT_OID_RAWSZ;
}

/* All entries in order, nothing between them and the end that we do not know. */
static bool check(struct index_cursor *cursor, off_t size)
{
	char before[LIMIT_PATH + 1] = "";

	if (!read_header(cursor))
		return false;
	for (uint32_t i = 0; i < cursor->count; i++) {
		if (!read_entry(cursor) || strcmp(before, cursor->entry.path) > 0)
			return false;
		memcpy(before, cursor->entry.path, cursor->entry.path_len + 1);
	}
	return has_plain_extensions(cursor, size);
}

int index_cursor_open(struct index_cursor *cursor, struct git_repo *repo, struct error *err)
{
	AUTOFREE char *path = path_join(repo->git_folder, "index", err);
	struct stat st;

	*cursor = (struct index_cursor){ 0 };
	if (!path)
		return -1;
	cursor->file = fopen(path, "re");
	if (!cursor->file && errno == ENOENT)
		return 0;
	if (!cursor->file || fstat(fileno(cursor->file), &st))
		return error_set_errno(err, errno, "cannot read '%s'", path);
	cursor->written = st.st_mtim;
	if (!check(cursor, st.st_size)) {
		error_set(err, ERROR_UNSUPPORTED, "'%s' is split, sparse or damaged", path);
		return error_hint(err, "'git update-index --no-split-index' or "
				       "'git sparse-checkout reapply --no-sparse-index'");
	}
	rewind(cursor->file);
	cursor->entry.path_len = 0;
	(void)read_header(cursor);
	index_cursor_next(cursor);
	return 0;
}

uint32_t index_cursor_peek(struct git_repo *repo)
{
	AUTO(index_cursor_release) struct index_cursor cursor = { 0 };
	struct error ignored = { 0 };
	AUTOFREE char *path = path_join(repo->git_folder, "index", &ignored);

	if (path)
		cursor.file = fopen(path, "re");
	return cursor.file && read_header(&cursor) ? cursor.count : 0;
}

void index_cursor_release(struct index_cursor *cursor)
{
	if (cursor->file)
		fclose(cursor->file);
	cursor->file = NULL;
}

/* An unmerged path has up to three entries, of which none is its content. */
void index_cursor_next(struct index_cursor *cursor)
{
	char before[LIMIT_PATH + 1];

	memcpy(before, cursor->entry.path, cursor->entry.path_len + 1);
	before[cursor->entry.path_len] = '\0';
	do {
		cursor->has_entry = cursor->left && read_entry(cursor);
		cursor->left -= cursor->has_entry;
	} while (cursor->has_entry && !strcmp(before, cursor->entry.path));
}

/*
 * git's rule, but stricter: what does not match in every field is compared by
 * content. A file as young as the index may have changed after it was read.
 */
bool index_cursor_is_clean(const struct index_cursor *cursor, const struct stat *st)
{
	const struct index_entry *entry = &cursor->entry;
	const struct timespec *written = &cursor->written;

	if (!entry->is_merged || entry->ino != (uint32_t)st->st_ino ||
	    entry->size != (uint32_t)st->st_size || entry->ctime != (uint32_t)st->st_ctim.tv_sec ||
	    entry->mtime != (uint32_t)st->st_mtim.tv_sec)
		return false;
	if (!entry->mtime_ns) /* written by a program that keeps whole seconds */
		return entry->mtime < (uint32_t)written->tv_sec;
	return entry->mtime_ns == (uint32_t)st->st_mtim.tv_nsec &&
	       entry->ctime_ns == (uint32_t)st->st_ctim.tv_nsec &&
	       (st->st_mtim.tv_sec < written->tv_sec ||
		(st->st_mtim.tv_sec == written->tv_sec && st->st_mtim.tv_nsec < written->tv_nsec));
}
