/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "codec/compress.h"

/* "hello\n" by gzip -n, and by zstd. */
#define GZIP_HELLO                                                                                 \
	"\x1f\x8b\x08\0\0\0\0\0\0\x03\xcb\x48\xcd\xc9\xc9\xe7\x02\0\x20\x30\x3a\x36\x06\0\0\0"
#define ZSTD_HELLO "\x28\xb5\x2f\xfd\x04\x58\x31\0\0hello\n\x53\x88\xbd\x91"
#define ZSTD_SKIP  "\x50\x2a\x4d\x18\x03\0\0\0abc"

static int collect(void *arg, const void *data, size_t len, struct error *err)
{
	assert_true(len > 0);
	buf_add(arg, data, len);
	return buf_check(arg, "what came out", err);
}

/* All of it in pieces of that size; what comes out stays in `out`. */
static int expand(const struct decompression *what, struct slice in, size_t piece,
		  struct error *err)
{
	AUTO(decompressor_freep) struct decompressor *decompressor = NULL;

	if (decompressor_new(what, &decompressor, err))
		return -1;
	for (; in.len; in = slice_skip(in, piece))
		if (decompressor_write(decompressor, in.data, in.len < piece ? in.len : piece, err))
			return -1;
	return decompressor_finish(decompressor, err);
}

static bool has_zstd(void)
{
	AUTO(decompressor_freep) struct decompressor *decompressor = NULL;
	struct decompression what = { .compression = COMPRESSION_ZSTD };
	struct error err = { 0 };

	return !decompressor_new(&what, &decompressor, &err);
}

static const struct {
	struct slice in;
	enum compression compression;
	bool is_detected;
	const char *out; /* NULL: an error */
	const char *message;
} streams[] = {
	{ SLICE(GZIP_HELLO), COMPRESSION_GZIP, false, "hello\n", NULL },
	{ SLICE(GZIP_HELLO), COMPRESSION_NONE, true, "hello\n", NULL },
	{ SLICE(GZIP_HELLO GZIP_HELLO), COMPRESSION_GZIP, false, "hello\nhello\n", NULL },
	{ SLICE(GZIP_HELLO "x"), COMPRESSION_GZIP, false, NULL, NULL },
	{ SLICE(GZIP_HELLO "\0"), COMPRESSION_GZIP, false, NULL, NULL },
	{ SLICE(GZIP_HELLO "\x1f"), COMPRESSION_GZIP, false, NULL, "it ends amid gzip's data" },
	{ SLICE(""), COMPRESSION_GZIP, false, NULL, "it ends amid gzip's data" },
	{ SLICE("hello"), COMPRESSION_GZIP, false, NULL, NULL },
	{ SLICE("\x1f\x8b\x08\0\0\0\0\0\0\x03\xff\xff\xff"), COMPRESSION_GZIP, false, NULL, NULL },
	{ SLICE(ZSTD_HELLO), COMPRESSION_ZSTD, false, "hello\n", NULL },
	{ SLICE(ZSTD_HELLO), COMPRESSION_NONE, true, "hello\n", NULL },
	{ SLICE(ZSTD_SKIP ZSTD_HELLO ZSTD_HELLO), COMPRESSION_NONE, true, "hello\nhello\n", NULL },
	{ SLICE(ZSTD_HELLO "x"), COMPRESSION_ZSTD, false, NULL, NULL },
	{ SLICE(ZSTD_HELLO "\x28"), COMPRESSION_ZSTD, false, NULL, "it ends amid zstd's data" },
	{ SLICE(ZSTD_HELLO "hello"), COMPRESSION_ZSTD, false, NULL, NULL },
	{ SLICE(""), COMPRESSION_ZSTD, false, NULL, "it ends amid zstd's data" },
	{ SLICE(GZIP_HELLO), COMPRESSION_ZSTD, false, NULL, NULL },
	/* A window of 2 GiB. */
	{ SLICE("\x28\xb5\x2f\xfd\0\xa8\x01\0\0"), COMPRESSION_ZSTD, false, NULL, NULL },
	{ SLICE("hello"), COMPRESSION_NONE, true, "hello", NULL },
	{ SLICE("hel"), COMPRESSION_NONE, true, "hel", NULL },
	{ SLICE(""), COMPRESSION_NONE, true, "", NULL },
	{ SLICE(GZIP_HELLO), COMPRESSION_NONE, false, GZIP_HELLO, NULL },
};

static void check_stream(size_t i, size_t piece)
{
	AUTO(buf_release) struct buf out = BUF_INIT(1000);
	struct decompression what = { streams[i].compression, streams[i].is_detected, 1000, collect,
				      &out };
	struct error err = { 0 };
	int status = expand(&what, streams[i].in, piece, &err);

	if (streams[i].out) {
		assert_int_equal(status, 0);
		assert_memory_equal(out.data, streams[i].out, out.len);
		assert_true(out.len >= strlen(streams[i].out));
		return;
	}
	assert_int_equal(status, -1);
	assert_int_equal(err.kind, ERROR_PROTOCOL);
	if (streams[i].message)
		assert_string_equal(err.message, streams[i].message);
}

static void test_streams_in_pieces_of_any_size(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(streams); i++) {
		if (!has_zstd() && (streams[i].compression == COMPRESSION_ZSTD ||
				    compression_detect(streams[i].in) == COMPRESSION_ZSTD))
			continue;
		for (size_t piece = 1; piece <= streams[i].in.len + 1; piece++)
			check_stream(i, piece);
	}
}

static void test_every_cut_is_seen(void **state)
{
	static const struct {
		struct slice in;
		enum compression compression;
	} whole[] = {
		{ SLICE(GZIP_HELLO), COMPRESSION_GZIP },
		{ SLICE(ZSTD_HELLO), COMPRESSION_ZSTD },
	};

	(void)state;
	for (size_t i = 0; i < (has_zstd() ? 2 : 1); i++)
		for (size_t len = 0; len < whole[i].in.len; len++) {
			AUTO(buf_release) struct buf out = BUF_INIT(1000);
			struct decompression what = { whole[i].compression, false, 1000, collect,
						      &out };
			struct error err = { 0 };

			assert_int_equal(
				expand(&what, (struct slice){ whole[i].in.data, len }, 7, &err),
				-1);
			assert_int_equal(err.kind, ERROR_PROTOCOL);
		}
}

struct counted {
	int64_t bytes;
	bool has_failed;
};

static int count(void *arg, const void *data, size_t len, struct error *err)
{
	struct counted *counted = arg;

	(void)data;
	(void)err;
	counted->bytes += (int64_t)len;
	return 0;
}

static void pack_zeros(enum compression compression, size_t len, struct buf *out)
{
	static const char zeros[65536];
	AUTO(compressor_freep) struct compressor *compressor = NULL;
	struct error err = { 0 };

	assert_int_equal(compressor_new(compression, collect, out, &compressor, &err), 0);
	for (size_t at = 0; at < len; at += sizeof(zeros))
		assert_int_equal(compressor_write(compressor, zeros, sizeof(zeros), &err), 0);
	assert_int_equal(compressor_finish(compressor, &err), 0);
}

static void check_zeros(enum compression compression)
{
	AUTO(buf_release) struct buf few = BUF_INIT(4 * MIB);
	AUTO(buf_release) struct buf many = BUF_INIT(4 * MIB);
	struct counted counted = { 0 };
	struct decompression what = { compression, false, INT64_MAX, count, &counted };
	struct error err = { 0 };

	/* Holes in a small layer. */
	pack_zeros(compression, LIMIT_DECOMPRESS_FREE, &few);
	assert_int_equal(expand(&what, buf_slice(&few), 4096, &err), 0);
	assert_int_equal(counted.bytes, (int64_t)LIMIT_DECOMPRESS_FREE);
	pack_zeros(compression, 2 * LIMIT_DECOMPRESS_FREE, &many);
	assert_int_equal(expand(&what, buf_slice(&many), many.len, &err), -1);
	assert_int_equal(err.kind, ERROR_PROTOCOL);
	assert_string_equal(err.message, "it expands to more than 200 times its size");
	/* And what the caller allows. */
	counted.bytes = 0;
	what.max_bytes = 100000;
	assert_int_equal(expand(&what, buf_slice(&few), 4096, &err), -1);
	assert_string_equal(err.message, "it holds more than 100000 bytes");
	assert_true(counted.bytes <= 100000);
}

static void test_what_expands_too_far(void **state)
{
	(void)state;
	check_zeros(COMPRESSION_GZIP);
	if (has_zstd())
		check_zeros(COMPRESSION_ZSTD);
}

static int refuse(void *arg, const void *data, size_t len, struct error *err)
{
	(void)arg;
	(void)data;
	(void)len;
	return error_set(err, ERROR_SYSTEM, "the disk is full");
}

static void test_an_error_of_the_sink_is_the_error(void **state)
{
	struct decompression what = { COMPRESSION_GZIP, false, 1000, refuse, NULL };
	struct error err = { 0 };

	(void)state;
	decompressor_free(NULL);
	assert_int_equal(expand(&what, SLICE(GZIP_HELLO), 100, &err), -1);
	assert_string_equal(err.message, "the disk is full");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_streams_in_pieces_of_any_size),
		cmocka_unit_test(test_every_cut_is_seen),
		cmocka_unit_test(test_what_expands_too_far),
		cmocka_unit_test(test_an_error_of_the_sink_is_the_error),
	};

	return cmocka_run_group_tests_name("codec/compress-read", tests, NULL, NULL);
}
