/* SPDX-License-Identifier: MIT */
/*
 * "KIND PLACE BYTE ... | CONTENT": the content is compressed, then bytes of the result are changed
 * at those places, which count from its start and its end in turns. In whatever pieces it comes,
 * the reader finds the same; what was not changed is found again. KIND z: zstd, else gzip; and the
 * whole input is read as it is, by its first bytes.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/str.h"
#include "codec/compress.h"

const char *const fuzz_seeds[] = {
	"g|a content that is a content that is a content that is short",
	"z|a content that is a content that is a content that is short",
	"g\x01\x0a\x03\x20|aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	"z\x01\x0a\x03\x20|0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijkl",
	"\x1f\x8b\x08\x10\x01\x01\x01\x01\x02\x03name",
	"\x28\xb5\x2f\xfd\x24\x06\x31",
	"\x50\x2a\x4d\x18\x01\x01",
	NULL,
};

static void require(bool holds)
{
	if (!holds)
		abort();
}

static int collect(void *arg, const void *data, size_t len, struct error *err)
{
	buf_add(arg, data, len);
	return buf_check(arg, "what came out", err);
}

static bool compress(enum compression compression, struct slice content, struct buf *out)
{
	AUTO(compressor_freep) struct compressor *compressor = NULL;
	struct error err = { 0 };

	if (compressor_new(compression, collect, out, &compressor, &err)) {
		require(error_is(&err, ERROR_UNSUPPORTED));
		return false;
	}
	require(!compressor_write(compressor, content.data, content.len, &err));
	require(!compressor_finish(compressor, &err));
	return true;
}

static bool expand(struct slice in, size_t piece, struct buf *out)
{
	AUTO(decompressor_freep) struct decompressor *decompressor = NULL;
	struct decompression what = { COMPRESSION_NONE, true, 64 * KIB, collect, out };
	struct error err = { 0 };
	int status = decompressor_new(&what, &decompressor, &err);

	for (; !status && in.len; in = slice_skip(in, piece))
		status = decompressor_write(decompressor, in.data, in.len < piece ? in.len : piece,
					    &err);
	if (!status)
		status = decompressor_finish(decompressor, &err);
	require(!status || error_is(&err, ERROR_PROTOCOL) || error_is(&err, ERROR_UNSUPPORTED));
	return !status;
}

/* Where it fails is the same, too, but not how much of it came out before. */
static bool read_in_pieces(struct slice packed, size_t piece, struct buf *whole)
{
	AUTO(buf_release) struct buf pieces = BUF_INIT(1 * MIB);
	bool is_good = expand(packed, SIZE_MAX, whole);

	require(expand(packed, piece, &pieces) == is_good);
	require(!is_good || slice_equal(buf_slice(whole), buf_slice(&pieces)));
	return is_good;
}

static void change(struct buf *packed, struct slice changes)
{
	for (size_t i = 0; i + 1 < changes.len; i += 2) {
		size_t place = (uint8_t)changes.data[i];

		if (place >= packed->len)
			continue;
		if (i & 2)
			place = packed->len - 1 - place;
		packed->data[place] = changes.data[i + 1];
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(buf_release) struct buf packed = BUF_INIT(1 * MIB);
	AUTO(buf_release) struct buf plain = BUF_INIT(1 * MIB);
	AUTO(buf_release) struct buf back = BUF_INIT(1 * MIB);
	struct slice content = { (const char *)data, size }, changes = SLICE("");
	bool is_zstd, is_good;

	read_in_pieces(content, size % 7 + 1, &plain);
	slice_cut(&content, '|', &changes);
	is_zstd = slice_starts(changes, "z");
	changes = slice_skip(changes, 1);
	if (!compress(is_zstd ? COMPRESSION_ZSTD : COMPRESSION_GZIP, content, &packed))
		return 0;
	change(&packed, changes);
	is_good = read_in_pieces(buf_slice(&packed), size % 5 + 1, &back);
	if (changes.len < 2)
		require(is_good && slice_equal(buf_slice(&back), content));
	return 0;
}
