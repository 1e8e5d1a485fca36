/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "codec/tar-block.h"
#include "codec/tar-pax.h"

/* What the bytes after a header are. */
enum body {
	BODY_SKIPPED,
	BODY_DATA,
	BODY_RECORDS,
	BODY_LONG_PATH,
	BODY_LONG_LINK,
};

struct tar_reader {
	struct tar_handler handler;
	union {
		struct tar_block fields;
		char bytes[TAR_BLOCK];
	} block;
	size_t block_len; /* how much of the block is here */
	unsigned zero_blocks;
	enum body body;
	int64_t body_left;
	size_t padding_left;
	struct buf text;	 /* a body that describes the next entry */
	struct tar_records next; /* what is known of the next entry */
};

struct tar_reader *tar_reader_new(const struct tar_handler *handler, struct error *err)
{
	struct tar_reader *reader = calloc(1, sizeof(*reader));

	if (!reader) {
		error_set_memory(err);
		return NULL;
	}
	reader->handler = *handler;
	buf_init(&reader->text, LIMIT_TAR_RECORDS);
	tar_records_init(&reader->next);
	return reader;
}

void tar_reader_free(struct tar_reader *reader)
{
	if (!reader)
		return;
	buf_release(&reader->text);
	tar_records_release(&reader->next);
	free(reader);
}

void tar_reader_freep(struct tar_reader **reader)
{
	tar_reader_free(*reader);
}

static struct slice field_text(const char *field, size_t size)
{
	return (struct slice){ field, strnlen(field, size) };
}

#define FIELD(field) field_text(field, sizeof(field))

/* Two's complement, big-endian, under the bit that says so (GNU, star). */
static bool parse_binary(const char *field, size_t size, int64_t *ret_value)
{
	bool is_negative = field[0] & 0x40;
	uint64_t value = is_negative ? UINT64_MAX : 0;

	for (size_t i = 0; i < size; i++) {
		uint8_t byte = (uint8_t)field[i];

		if (!i)
			byte = is_negative ? byte | 0x80 : byte & 0x7f;
		if ((value >> 55) != (is_negative ? 0x1ff : 0))
			return false;
		value = value << 8 | byte;
	}
	*ret_value = (int64_t)value;
	return true;
}

/* Octal digits among blanks and zero bytes, or a binary number. */
static bool parse_number(const char *field, size_t size, int64_t *ret_value)
{
	struct slice text = slice_trim(field_text(field, size));
	int64_t value = 0;

	if ((unsigned char)field[0] & 0x80)
		return parse_binary(field, size, ret_value);
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '7')
			return false;
		value = value << 3 | (text.data[i] - '0');
	}
	*ret_value = value;
	return true;
}

#define NUMBER(field, ret_value) parse_number(field, sizeof(field), ret_value)

static int malformed(struct error *err, const char *what)
{
	return error_set(err, ERROR_PROTOCOL, "tar: %s", what);
}

/* The path of the header: ustar splits a long one in two. */
static int add_path(struct buf *path, const struct tar_block *block, struct error *err)
{
	bool is_ustar = !memcmp(block->magic, "ustar", sizeof(block->magic));

	if (is_ustar && block->prefix[0]) {
		buf_add_slice(path, FIELD(block->prefix));
		buf_add_char(path, '/');
	}
	buf_add_slice(path, FIELD(block->path));
	return buf_check(path, "tar: a path", err);
}

static enum tar_type type_of(char flag, const char *path, size_t path_len)
{
	switch (flag) {
	case '\0':
	case '0':
	case '7':
		return path_len && path[path_len - 1] == '/' ? TAR_FOLDER : TAR_FILE;
	case '1':
		return TAR_HARDLINK;
	case '2':
		return TAR_SYMLINK;
	case '5':
		return TAR_FOLDER;
	default:
		return TAR_OTHER;
	}
}

/* Links, devices, folders and fifos have no content, whatever size says. */
static bool has_content(char flag)
{
	return !strchr("123456", flag) || !flag;
}

static int take_entry(struct tar_reader *reader, int64_t size, struct error *err)
{
	const struct tar_block *block = &reader->block.fields;
	struct tar_records *next = &reader->next;
	struct tar_entry entry = { .path = next->path.data };
	int64_t mode, mtime;
	int status;

	if (!next->has_path && add_path(&next->path, block, err))
		return -1;
	if (!next->has_link)
		buf_add_slice(&next->link, FIELD(block->link));
	if (!NUMBER(block->mode, &mode) || !NUMBER(block->mtime, &mtime))
		return malformed(err, "a mode or time is no number");
	if (next->has_size)
		size = next->size;
	entry.path = next->path.data;
	entry.type = type_of(block->type, entry.path, next->path.len);
	if (entry.type == TAR_SYMLINK || entry.type == TAR_HARDLINK)
		entry.link = next->link.data;
	entry.mode = (unsigned)mode & 07777;
	entry.mtime = next->has_mtime ? next->mtime : (struct timespec){ .tv_sec = mtime };
	reader->body_left = has_content(block->type) ? size : 0;
	reader->body = entry.type == TAR_FILE ? BODY_DATA : BODY_SKIPPED;
	entry.size = entry.type == TAR_FILE ? reader->body_left : 0;
	status = reader->handler.entry(reader->handler.arg, &entry, err);
	tar_records_clear(next);
	return status;
}

static bool is_zero(const char *bytes, size_t len)
{
	return !bytes[0] && !memcmp(bytes, bytes + 1, len - 1);
}

static int start_text(struct tar_reader *reader, enum body body, int64_t size, struct error *err)
{
	if ((uint64_t)size > LIMIT_TAR_RECORDS)
		return malformed(err, "records or a name are too long");
	buf_reset(&reader->text);
	reader->body = body;
	reader->body_left = size;
	return 0;
}

/* One whole header block. */
static int take_block(struct tar_reader *reader, struct error *err)
{
	const struct tar_block *block = &reader->block.fields;
	int64_t size, sum;

	if (is_zero(reader->block.bytes, TAR_BLOCK)) {
		reader->zero_blocks++;
		return 0;
	}
	reader->zero_blocks = 0;
	if (!NUMBER(block->checksum, &sum) || (uint64_t)sum != tar_block_sum(block))
		return malformed(err, "a header's checksum is wrong");
	if (!NUMBER(block->size, &size) || size < 0)
		return malformed(err, "a size is no number");
	switch (block->type) {
	case 'x':
		return start_text(reader, BODY_RECORDS, size, err);
	case 'L':
		return start_text(reader, BODY_LONG_PATH, size, err);
	case 'K':
		return start_text(reader, BODY_LONG_LINK, size, err);
	case 'g':
		reader->body = BODY_SKIPPED;
		reader->body_left = size;
		return 0;
	case 'S':
		return malformed(err, "a sparse file");
	default:
		return take_entry(reader, size, err);
	}
}

/* A body that describes the next entry is complete. */
static int take_text(struct tar_reader *reader, struct error *err)
{
	struct slice text = buf_slice(&reader->text);
	struct slice name = { text.data, strnlen(text.data, text.len) };

	if (buf_check(&reader->text, "tar: records", err))
		return -1;
	switch (reader->body) {
	case BODY_RECORDS:
		return tar_records_parse(&reader->next, text, err);
	case BODY_LONG_PATH:
		return tar_records_set_path(&reader->next, name, err);
	case BODY_LONG_LINK:
		return tar_records_set_link(&reader->next, name, err);
	case BODY_SKIPPED:
	case BODY_DATA:
		break;
	}
	return 0;
}

static int feed_header(struct tar_reader *reader, struct slice *piece, struct error *err)
{
	size_t len = TAR_BLOCK - reader->block_len;

	if (len > piece->len)
		len = piece->len;
	memcpy(reader->block.bytes + reader->block_len, piece->data, len);
	reader->block_len += len;
	*piece = slice_skip(*piece, len);
	if (reader->block_len < TAR_BLOCK)
		return 0;
	reader->block_len = 0;
	if (take_block(reader, err))
		return -1;
	reader->padding_left = tar_padding(reader->body_left);
	if (reader->body_left)
		return 0;
	return reader->body >= BODY_RECORDS ? take_text(reader, err) : 0;
}

static int feed_body(struct tar_reader *reader, struct slice *piece, struct error *err)
{
	const struct tar_handler *handler = &reader->handler;
	struct slice data = *piece;

	if ((uint64_t)reader->body_left < data.len)
		data.len = (size_t)reader->body_left;
	*piece = slice_skip(*piece, data.len);
	reader->body_left -= (int64_t)data.len;
	if (reader->body >= BODY_RECORDS)
		buf_add_slice(&reader->text, data);
	else if (reader->body == BODY_DATA && handler->data &&
		 handler->data(handler->arg, data, err))
		return -1;
	if (reader->body_left || reader->body < BODY_RECORDS)
		return 0;
	return take_text(reader, err);
}

static void feed_padding(struct tar_reader *reader, struct slice *piece)
{
	size_t len = piece->len < reader->padding_left ? piece->len : reader->padding_left;

	reader->padding_left -= len;
	*piece = slice_skip(*piece, len);
}

bool tar_reader_has_ended(const struct tar_reader *reader)
{
	return reader->zero_blocks >= 2;
}

int tar_reader_feed(struct tar_reader *reader, struct slice piece, struct error *err)
{
	while (piece.len && !tar_reader_has_ended(reader)) {
		if (reader->body_left) {
			if (feed_body(reader, &piece, err))
				return -1;
		} else if (reader->padding_left) {
			feed_padding(reader, &piece);
		} else if (feed_header(reader, &piece, err)) {
			return -1;
		}
	}
	return 0;
}

int tar_reader_finish(struct tar_reader *reader, struct error *err)
{
	if (reader->block_len || reader->body_left || reader->padding_left ||
	    !tar_records_is_empty(&reader->next))
		return malformed(err, "it ends amid an entry");
	return 0;
}

bool tar_path_is_inside(const char *path)
{
	struct slice rest = slice_of(path), part;
	bool has_name = false;

	if (path[0] == '/')
		return false;
	while (slice_cut(&rest, '/', &part)) {
		if (slice_is(part, ".."))
			return false;
		has_name |= part.len && !slice_is(part, ".");
	}
	return has_name;
}
