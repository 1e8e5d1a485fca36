/* SPDX-License-Identifier: MIT */
/*
 * Archives whose headers are mutated: "FLAG PATH|SIZE FIELD|CONTENT" each, with
 * ";" between; an empty size field says how long the content is. Whatever the
 * pieces are in which they come, the reader finds the same.
 */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

#include "codec/tar-block.h"

const char *const fuzz_seeds[] = {
	"0a||abc;5d||;2l||target;0b||",
	"xpax||10 path=b\n20 mtime=1.25000000\n;0a||abc;xp||17 mtime=-1.2500\n10 size=3\n;0a||abc",
	"L././@LongLink||long name;K././@LongLink||far;2short||;g||11 path=no\n;7a||x",
	"0a|00000000003|abc;0b|\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff|;0c|\x80|",
	"xp||25 size=9007199254740992\n21 GNU.sparse.x=data\n;S|77777777777|;\x01",
	NULL,
};

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void add_part(struct buf *out, struct slice part)
{
	struct slice path = SLICE(""), size = SLICE("");
	struct tar_block block = { .magic = "ustar" };
	char digits[32];

	if (part.len)
		block.type = part.data[0];
	part = slice_skip(part, 1);
	slice_cut(&part, '|', &path);
	slice_cut(&part, '|', &size);
	memcpy(block.path, path.data, path.len < 100 ? path.len : 100);
	snprintf(digits, sizeof(digits), "%011zo", part.len);
	memcpy(block.size, digits, 12);
	if (size.len)
		memcpy(block.size, size.data, size.len < 12 ? size.len : 12);
	snprintf(digits, sizeof(digits), "%06o", (unsigned)tar_block_sum(&block));
	memcpy(block.checksum, digits, 7);
	buf_add(out, &block, sizeof(block));
	buf_add_slice(out, part);
	for (size_t i = tar_padding((int64_t)part.len); i; i--)
		buf_add_char(out, '\0');
}

static int note_entry(void *arg, const struct tar_entry *entry, struct error *err)
{
	(void)err;
	require(entry->size >= 0 && entry->mode <= 07777 && strlen(entry->path) <= LIMIT_PATH);
	require(entry->mtime.tv_nsec >= 0 && entry->mtime.tv_nsec < 1000000000);
	buf_add_format(arg, "%d %s %s %lld %lld.%ld\n", (int)entry->type, entry->path,
		       entry->link ? entry->link : "", (long long)entry->size,
		       (long long)entry->mtime.tv_sec, entry->mtime.tv_nsec);
	return 0;
}

static int note_data(void *arg, struct slice data, struct error *err)
{
	(void)err;
	buf_add_slice(arg, data);
	return 0;
}

static void read_archive(struct slice archive, size_t piece_len, struct buf *notes)
{
	struct tar_handler handler = { note_entry, note_data, notes };
	struct error err = { 0 };
	AUTO(tar_reader_freep) struct tar_reader *reader = tar_reader_new(&handler, &err);
	int status = reader ? 0 : -1;

	while (!status && archive.len) {
		struct slice piece = archive;

		if (piece.len > piece_len)
			piece.len = piece_len;
		archive = slice_skip(archive, piece.len);
		status = tar_reader_feed(reader, piece, &err);
	}
	if (!status)
		status = tar_reader_finish(reader, &err);
	require(status ? err.kind == ERROR_PROTOCOL : err.kind == ERROR_NONE);
	buf_add_text(notes, err.message);
	require(!notes->has_failed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(buf_release) struct buf archive = BUF_INIT(64 * MIB);
	AUTO(buf_release) struct buf whole = BUF_INIT(64 * MIB);
	AUTO(buf_release) struct buf pieces = BUF_INIT(64 * MIB);
	struct slice rest = { (const char *)data, size }, part;

	while (slice_cut(&rest, ';', &part))
		add_part(&archive, part);
	read_archive(buf_slice(&archive), SIZE_MAX, &whole);
	read_archive(buf_slice(&archive), size % 600 + 1, &pieces);
	require(slice_equal(buf_slice(&whole), buf_slice(&pieces)));
	return 0;
}
