/* SPDX-License-Identifier: MIT */
#include "codec/tar.h"

#include "codec/tar-block.h"

/* The largest number that eleven octal digits hold: 8 GiB - 1. */
#define OCTAL_MAX 077777777777LL

/* Digits with leading zeros; the byte after them stays zero. */
static void put_octal(char *field, size_t digits, uint64_t value)
{
	while (digits--) {
		field[digits] = (char)('0' + (value & 7));
		value >>= 3;
	}
}

/* Exactly the field: ustar needs no terminator in a full one. */
static void put_text(char *field, size_t size, struct slice text)
{
	memcpy(field, text.data, text.len < size ? text.len : size);
}

static void put_checksum(struct tar_block *block)
{
	put_octal(block->checksum, 6, tar_block_sum(block));
	block->checksum[6] = '\0';
	block->checksum[7] = ' ';
}

static const char type_flags[] = {
	[TAR_FILE] = '0',     [TAR_FOLDER] = '5', [TAR_SYMLINK] = '2',
	[TAR_HARDLINK] = '1', [TAR_OTHER] = '0',
};

static void add_block(struct buf *out, char flag, struct slice path, const struct tar_entry *entry)
{
	struct tar_block block = { .magic = "ustar", .version = { '0', '0' } };

	put_text(block.path, sizeof(block.path), path);
	put_octal(block.mode, 7, entry->mode & 07777);
	put_octal(block.uid, 7, 0);
	put_octal(block.gid, 7, 0);
	put_octal(block.size, 11, entry->size <= OCTAL_MAX ? (uint64_t)entry->size : 0);
	put_octal(block.mtime, 11, entry->mtime.tv_sec < 0 ? 0 : (uint64_t)entry->mtime.tv_sec);
	block.type = flag;
	if (entry->link)
		put_text(block.link, sizeof(block.link), slice_of(entry->link));
	put_octal(block.device_major, 7, 0);
	put_octal(block.device_minor, 7, 0);
	put_checksum(&block);
	buf_add(out, &block, sizeof(block));
}

/* At least `digits` decimal digits. */
static void add_decimal(struct buf *out, uint64_t value, int digits)
{
	char text[24];
	size_t at = sizeof(text);

	for (; value || digits > 0; digits--) {
		text[--at] = (char)('0' + value % 10);
		value /= 10;
	}
	buf_add(out, text + at, sizeof(text) - at);
}

/* "LENGTH KEY=VALUE\n", where LENGTH counts its own digits too. */
static void add_record(struct buf *out, const char *key, struct slice value)
{
	size_t rest = strlen(key) + value.len + 3, digits = 1;

	for (size_t limit = 10; rest + digits >= limit; limit *= 10)
		digits++;
	add_decimal(out, rest + digits, 1);
	buf_add_char(out, ' ');
	buf_add_text(out, key);
	buf_add_char(out, '=');
	buf_add_slice(out, value);
	buf_add_char(out, '\n');
}

static void add_number(struct buf *out, const char *key, int64_t value)
{
	AUTO(buf_release) struct buf text = BUF_INIT(24);

	add_decimal(&text, (uint64_t)value, 1);
	add_record(out, key, buf_slice(&text));
}

/* POSIX: "decimal representation of the time in seconds since the Epoch". */
static void add_time(struct buf *out, struct timespec when)
{
	AUTO(buf_release) struct buf text = BUF_INIT(40);

	add_decimal(&text, (uint64_t)when.tv_sec, 1);
	buf_add_char(&text, '.');
	add_decimal(&text, (uint64_t)when.tv_nsec, 9);
	add_record(out, "mtime", buf_slice(&text));
}

static void add_zeros(struct buf *out, size_t len)
{
	static const char zeros[TAR_BLOCK];

	buf_add(out, zeros, len);
}

/* RFC 3629, section 4, but for surrogates and overlong forms of three bytes
 * and more: nobody is misled by those here. */
static bool is_utf8(struct slice text)
{
	size_t follow = 0;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.data[i];

		if (follow) {
			if ((c & 0xc0) != 0x80)
				return false;
			follow--;
		} else if (c >= 0x80) {
			if (c < 0xc2 || c > 0xf4)
				return false;
			follow = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
		}
	}
	return !follow;
}

/* The records that ustar's fields cannot hold; empty if they hold all. */
static void add_records(struct buf *out, struct slice path, const struct tar_entry *entry)
{
	struct slice link = slice_of(entry->link);
	bool has_long_path = path.len > sizeof(((struct tar_block *)0)->path);
	bool has_long_link = link.len > sizeof(((struct tar_block *)0)->link);

	if ((has_long_path && !is_utf8(path)) || (has_long_link && !is_utf8(link)))
		add_record(out, "hdrcharset", SLICE("BINARY"));
	if (has_long_path)
		add_record(out, "path", path);
	if (has_long_link)
		add_record(out, "linkpath", link);
	if (entry->size > OCTAL_MAX)
		add_number(out, "size", entry->size);
	if (entry->mtime.tv_nsec)
		add_time(out, entry->mtime);
}

void tar_write_header(struct buf *out, const struct tar_entry *entry)
{
	AUTO(buf_release) struct buf records = BUF_INIT(LIMIT_TAR_RECORDS);
	AUTO(buf_release) struct buf path = BUF_INIT(LIMIT_PATH + 1);

	buf_add_text(&path, entry->path);
	if (entry->type == TAR_FOLDER && path.len && path.data[path.len - 1] != '/')
		buf_add_char(&path, '/');
	add_records(&records, buf_slice(&path), entry);
	if (records.len) {
		struct tar_entry pax = { .mode = 0644, .size = (int64_t)records.len };

		add_block(out, 'x', SLICE("PaxHeader"), &pax);
		buf_add_slice(out, buf_slice(&records));
		add_zeros(out, tar_padding(pax.size));
	}
	add_block(out, type_flags[entry->type], buf_slice(&path), entry);
	out->has_failed |= records.has_failed || path.has_failed;
}

size_t tar_padding(int64_t size)
{
	return (size_t)(-(uint64_t)size & (TAR_BLOCK - 1));
}

void tar_write_end(struct buf *out)
{
	add_zeros(out, TAR_BLOCK);
	add_zeros(out, TAR_BLOCK);
}
