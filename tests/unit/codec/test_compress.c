/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/str.h"
#include "codec/compress.h"

#define BLOCK LIMIT_COMPRESS_BLOCK

static uint32_t random_state = 1;

static uint32_t below(uint32_t limit)
{
	random_state = random_state * 1103515245 + 12345;
	return (random_state >> 8) % limit;
}

/* Runs of text, of noise, and of zeros. */
static void fill(struct buf *out, size_t len)
{
	static const char text[] =
		"/usr/lib/x86_64-linux-gnu/libc.so.6: ELF 64-bit LSB shared object";

	while (out->len < len) {
		size_t run = below(3000) + 1, kind = below(3);

		if (run > len - out->len)
			run = len - out->len;
		for (size_t i = 0; i < run; i++)
			buf_add_char(out, kind == 0   ? text[i % (sizeof(text) - 1)]
					  : kind == 1 ? (char)below(256)
						      : '\0');
	}
}

static int collect(void *arg, const void *data, size_t len, struct error *err)
{
	assert_true(len > 0);
	buf_add(arg, data, len);
	return buf_check(arg, "what came out", err);
}

/* In pieces of random sizes up to `piece_max`. */
static void compress(enum compression compression, struct slice raw, int threads, size_t piece_max,
		     struct buf *out)
{
	AUTO(compressor_freep) struct compressor *compressor = NULL;
	struct error err = { 0 };

	assert_int_equal(compressor_new(compression, collect, out, &compressor, &err), 0);
	compressor_limit_threads(compressor, threads);
	while (raw.len) {
		size_t step = below((uint32_t)piece_max) + 1;

		step = step < raw.len ? step : raw.len;
		assert_int_equal(compressor_write(compressor, raw.data, step, &err), 0);
		raw = slice_skip(raw, step);
	}
	assert_int_equal(compressor_finish(compressor, &err), 0);
	assert_false(out->has_failed);
}

static void expand(enum compression compression, struct slice packed, struct buf *out)
{
	AUTO(decompressor_freep) struct decompressor *decompressor = NULL;
	struct decompression what = { compression, false, 64 * MIB, collect, out };
	struct error err = { 0 };

	assert_int_equal(decompressor_new(&what, &decompressor, &err), 0);
	assert_int_equal(decompressor_write(decompressor, packed.data, packed.len, &err), 0);
	assert_int_equal(decompressor_finish(decompressor, &err), 0);
}

static bool is_built_in(enum compression compression)
{
	AUTO(compressor_freep) struct compressor *compressor = NULL;
	struct error err = { 0 };

	if (!compressor_new(compression, collect, NULL, &compressor, &err))
		return true;
	assert_int_equal(err.kind, ERROR_UNSUPPORTED);
	assert_int_equal(compression, COMPRESSION_ZSTD);
	return false;
}

static void check_size(enum compression compression, size_t len)
{
	AUTO(buf_release) struct buf raw = BUF_INIT(64 * MIB);
	AUTO(buf_release) struct buf first = BUF_INIT(64 * MIB);
	AUTO(buf_release) struct buf back = BUF_INIT(64 * MIB);

	fill(&raw, len);
	compress(compression, buf_slice(&raw), 1, 10 * BLOCK, &first);
	expand(compression, buf_slice(&first), &back);
	assert_true(slice_equal(buf_slice(&raw), buf_slice(&back)));
	for (int threads = 1; threads <= 4; threads++) {
		AUTO(buf_release) struct buf again = BUF_INIT(64 * MIB);

		compress(compression, buf_slice(&raw), threads, len < 100 ? 3 : 70000, &again);
		assert_true(slice_equal(buf_slice(&first), buf_slice(&again)));
	}
}

static const size_t sizes[] = {
	0, 1, 1000, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 11 * BLOCK + 7
};

static void test_the_same_bytes_whatever_the_threads_and_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		check_size(COMPRESSION_NONE, sizes[i]);
		check_size(COMPRESSION_GZIP, sizes[i]);
		if (is_built_in(COMPRESSION_ZSTD))
			check_size(COMPRESSION_ZSTD, sizes[i]);
	}
}

static void test_gzip_is_one_member_that_says_nothing(void **state)
{
	static const char header[] = "\x1f\x8b\x08\0\0\0\0\0\0\xff";
	AUTO(buf_release) struct buf raw = BUF_INIT(64 * MIB);
	AUTO(buf_release) struct buf packed = BUF_INIT(64 * MIB);
	const uint8_t *end;

	(void)state;
	fill(&raw, 3 * BLOCK + 5);
	compress(COMPRESSION_GZIP, buf_slice(&raw), 2, 70000, &packed);
	assert_memory_equal(packed.data, header, 10);
	/* ISIZE is of the whole. */
	end = (const uint8_t *)packed.data + packed.len - 4;
	assert_int_equal(end[0] | end[1] << 8 | end[2] << 16 | end[3] << 24, (int)raw.len);
	assert_true(packed.len < raw.len / 2);
}

static void test_noise_grows_by_a_thousandth_at_most(void **state)
{
	AUTO(buf_release) struct buf raw = BUF_INIT(64 * MIB);
	AUTO(buf_release) struct buf packed = BUF_INIT(64 * MIB);
	AUTO(buf_release) struct buf back = BUF_INIT(64 * MIB);

	(void)state;
	while (raw.len < 2 * BLOCK + 99)
		buf_add_char(&raw, (char)below(256));
	compress(COMPRESSION_GZIP, buf_slice(&raw), 2, 70000, &packed);
	assert_true(packed.len <= raw.len + raw.len / 1000);
	expand(COMPRESSION_GZIP, buf_slice(&packed), &back);
	assert_true(slice_equal(buf_slice(&raw), buf_slice(&back)));
}

struct failing {
	size_t left; /* bytes that it takes */
	int calls_after;
	bool has_failed;
};

static int fail_later(void *arg, const void *data, size_t len, struct error *err)
{
	struct failing *failing = arg;

	(void)data;
	if (failing->has_failed)
		failing->calls_after++;
	if (len <= failing->left) {
		failing->left -= len;
		return 0;
	}
	failing->has_failed = true;
	return error_set(err, ERROR_SYSTEM, "the disk is full");
}

static void check_failing_sink(enum compression compression, struct slice raw, size_t bytes)
{
	AUTO(compressor_freep) struct compressor *compressor = NULL;
	struct failing failing = { .left = bytes };
	struct error err = { 0 };
	int status = 0;

	assert_int_equal(compressor_new(compression, fail_later, &failing, &compressor, &err), 0);
	compressor_limit_threads(compressor, 3);
	for (struct slice rest = raw; !status && rest.len; rest = slice_skip(rest, 50000))
		status = compressor_write(compressor, rest.data,
					  rest.len < 50000 ? rest.len : 50000, &err);
	if (!status)
		status = compressor_finish(compressor, &err);
	assert_int_equal(status, -1);
	assert_string_equal(err.message, "the disk is full");
	assert_int_equal(failing.calls_after, 0);
}

static void test_a_sink_may_fail_at_any_byte(void **state)
{
	AUTO(buf_release) struct buf raw = BUF_INIT(64 * MIB);
	AUTO(buf_release) struct buf packed = BUF_INIT(64 * MIB);

	(void)state;
	fill(&raw, 13 * BLOCK + 5);
	compress(COMPRESSION_GZIP, buf_slice(&raw), 2, 70000, &packed);
	/* In the header, between and amid blocks, in the trailer. */
	for (size_t i = 0; i < 20; i++)
		check_failing_sink(COMPRESSION_GZIP, buf_slice(&raw), i);
	for (size_t at = 20; at < packed.len - 20; at += packed.len / 30)
		check_failing_sink(COMPRESSION_GZIP, buf_slice(&raw), at);
	for (size_t i = 1; i <= 20; i++)
		check_failing_sink(COMPRESSION_GZIP, buf_slice(&raw), packed.len - i);
	check_failing_sink(COMPRESSION_NONE, buf_slice(&raw), raw.len - 1);
}

static void test_it_may_be_freed_at_any_time(void **state)
{
	AUTO(buf_release) struct buf raw = BUF_INIT(64 * MIB);
	struct error err = { 0 };

	(void)state;
	compressor_free(NULL);
	fill(&raw, 9 * BLOCK + 5);
	for (size_t len = 0; len < raw.len; len += BLOCK / 3) {
		AUTO(buf_release) struct buf packed = BUF_INIT(64 * MIB);
		AUTO(compressor_freep) struct compressor *compressor = NULL;

		assert_int_equal(
			compressor_new(COMPRESSION_GZIP, collect, &packed, &compressor, &err), 0);
		compressor_limit_threads(compressor, (int)below(6));
		assert_int_equal(compressor_write(compressor, raw.data, len, &err), 0);
	}
}

static void test_media_types(void **state)
{
	static const char oci[] = "application/vnd.oci.image.layer.v1.tar";
	static const char docker[] = "application/vnd.docker.image.rootfs.diff.tar";

	(void)state;
	assert_string_equal(compression_media_type(COMPRESSION_NONE, false), oci);
	assert_string_equal(compression_media_type(COMPRESSION_NONE, true), docker);
	assert_true(str_starts(compression_media_type(COMPRESSION_GZIP, false), oci));
	assert_string_equal(compression_media_type(COMPRESSION_GZIP, false) + sizeof(oci) - 1,
			    "+gzip");
	assert_string_equal(compression_media_type(COMPRESSION_GZIP, true) + sizeof(docker) - 1,
			    ".gzip");
	assert_string_equal(compression_media_type(COMPRESSION_ZSTD, false) + sizeof(oci) - 1,
			    "+zstd");
	assert_null(compression_media_type(COMPRESSION_ZSTD, true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_same_bytes_whatever_the_threads_and_pieces),
		cmocka_unit_test(test_gzip_is_one_member_that_says_nothing),
		cmocka_unit_test(test_noise_grows_by_a_thousandth_at_most),
		cmocka_unit_test(test_a_sink_may_fail_at_any_byte),
		cmocka_unit_test(test_it_may_be_freed_at_any_time),
		cmocka_unit_test(test_media_types),
	};

	return cmocka_run_group_tests_name("codec/compress", tests, NULL, NULL);
}
