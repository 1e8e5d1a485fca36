/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/process.h"
#include "codec/tar.h"

/* Ten and hundred characters of a path. */
#define TEN	"0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

#define FILE_ENTRY(name, bytes)                                                                    \
	{                                                                                          \
		.type = TAR_FILE, .path = (name), .mode = 0644, .size = (bytes)                    \
	}

/* What the reader found, a line an entry and a line a content. */
static int note_entry(void *arg, const struct tar_entry *entry, struct error *err)
{
	static const char letters[] = "fdlho";

	(void)err;
	buf_add_format(arg, "%c %o %lld %lld.%09ld %s", letters[entry->type], entry->mode,
		       (long long)entry->size, (long long)entry->mtime.tv_sec, entry->mtime.tv_nsec,
		       entry->path);
	if (entry->link)
		buf_add_format(arg, " -> %s", entry->link);
	buf_add_char(arg, '\n');
	return 0;
}

static int note_data(void *arg, struct slice data, struct error *err)
{
	(void)err;
	buf_add_slice(arg, data);
	return 0;
}

static int read_in_pieces(struct slice archive, size_t piece_len, struct buf *notes,
			  struct error *err)
{
	struct tar_handler handler = { note_entry, note_data, notes };
	AUTO(tar_reader_freep) struct tar_reader *reader = tar_reader_new(&handler, err);

	assert_non_null(reader);
	while (archive.len) {
		struct slice piece = archive;

		if (piece.len > piece_len)
			piece.len = piece_len;
		if (tar_reader_feed(reader, piece, err))
			return -1;
		archive = slice_skip(archive, piece.len);
	}
	return tar_reader_finish(reader, err);
}

static void add_content(struct buf *out, char c, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf_add_char(out, c);
	for (size_t i = tar_padding((int64_t)len); i; i--)
		buf_add_char(out, '\0');
}

static const struct tar_entry samples[] = {
	{ .type = TAR_FOLDER, .path = "d", .mode = 0755, .mtime = { 946684800, 0 } },
	{ .type = TAR_FILE,
	  .path = "d/a",
	  .mode = 0644,
	  .size = 5,
	  .mtime = { 946684801, 123456789 } },
	{ .type = TAR_FILE, .path = "d/empty", .mode = 0755, .mtime = { 946684802, 7 } },
	{ .type = TAR_SYMLINK, .path = "d/link", .link = "../x", .mode = 0777 },
	{ .type = TAR_FILE, .path = HUNDRED, .mode = 0644, .size = 512 },
	{ .type = TAR_FILE, .path = HUNDRED "x", .mode = 0644, .size = 513 },
	{ .type = TAR_FOLDER, .path = HUNDRED, .mode = 0755 },
	{ .type = TAR_SYMLINK, .path = "l", .link = HUNDRED HUNDRED, .mode = 0777 },
	{ .type = TAR_HARDLINK, .path = "h", .link = "d/a", .mode = 0644 },
	{ .type = TAR_FILE, .path = HUNDRED "\xff", .mode = 0644, .size = 1 },
};

static void write_samples(struct buf *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		tar_write_header(out, &samples[i]);
		add_content(out, 'x', (size_t)samples[i].size);
	}
	tar_write_end(out);
	assert_false(out->has_failed);
}

static void note_samples(struct buf *notes)
{
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		struct tar_entry entry = samples[i];
		AUTO(buf_release) struct buf path = BUF_INIT(1000);

		buf_add_text(&path, entry.path);
		if (entry.type == TAR_FOLDER)
			buf_add_char(&path, '/');
		entry.path = path.data;
		note_entry(notes, &entry, NULL);
		for (int64_t n = 0; n < entry.size; n++)
			buf_add_char(notes, 'x');
	}
}

static void test_what_is_written_is_read_in_pieces_of_any_size(void **state)
{
	static const size_t pieces[] = { 1, 7, 511, 512, 513, 4096, 1 << 20 };
	AUTO(buf_release) struct buf archive = BUF_INIT(1 << 20);
	AUTO(buf_release) struct buf expected = BUF_INIT(1 << 20);

	(void)state;
	write_samples(&archive);
	note_samples(&expected);
	assert_int_equal(archive.len % TAR_BLOCK, 0);
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		AUTO(buf_release) struct buf notes = BUF_INIT(1 << 20);
		struct error err = { 0 };

		assert_int_equal(read_in_pieces(buf_slice(&archive), pieces[i], &notes, &err), 0);
		assert_string_equal(notes.data, expected.data);
	}
}

static void test_the_bytes_are_the_same_each_time(void **state)
{
	AUTO(buf_release) struct buf first = BUF_INIT(1 << 20);
	AUTO(buf_release) struct buf second = BUF_INIT(1 << 20);

	(void)state;
	write_samples(&first);
	write_samples(&second);
	assert_true(slice_equal(buf_slice(&first), buf_slice(&second)));
}

static void test_gnu_tar_reads_what_is_written(void **state)
{
	static const char *const argv[] = { "tar",
					    "-tvf",
					    "-",
					    "--numeric-owner",
					    "--full-time",
					    "--utc",
					    "--quoting-style",
					    "escape",
					    "--warning=all",
					    NULL };
	static const char expected[] =
		"drwxr-xr-x 0/0               0 2000-01-01 00:00:00 d/\n"
		"-rw-r--r-- 0/0               5 2000-01-01 00:00:01.123456789 d/a\n"
		"-rwxr-xr-x 0/0               0 2000-01-01 00:00:02.000000007 d/empty\n"
		"lrwxrwxrwx 0/0               0 1970-01-01 00:00:00           d/link -> ../x\n"
		"-rw-r--r-- 0/0             512 1970-01-01 00:00:00           " HUNDRED "\n"
		"-rw-r--r-- 0/0             513 1970-01-01 00:00:00           " HUNDRED "x\n"
		"drwxr-xr-x 0/0               0 1970-01-01 00:00:00           " HUNDRED "/\n"
		"lrwxrwxrwx 0/0               0 1970-01-01 00:00:00           l -> " HUNDRED HUNDRED
		"\n"
		"hrw-r--r-- 0/0               0 1970-01-01 00:00:00           h link to d/a\n"
		"-rw-r--r-- 0/0               1 1970-01-01 00:00:00           " HUNDRED "\\377\n";
	AUTO(buf_release) struct buf archive = BUF_INIT(1 << 20);
	AUTO(buf_release) struct buf output = BUF_INIT(1 << 20);
	struct process_options options = { .argv = argv };
	struct error err = { 0 };
	int status;

	(void)state;
	write_samples(&archive);
	options.input = buf_slice(&archive);
	assert_int_equal(process_run(&options, &output, &status, &err), 0);
	assert_int_equal(status, 0);
	assert_string_equal(output.data, expected);
}

/* A header alone, its size beyond what octal digits hold. */
static void test_a_size_from_8_gib_stands_in_a_record(void **state)
{
	static const struct tar_entry entry = FILE_ENTRY("big", 8LL << 30);
	AUTO(buf_release) struct buf archive = BUF_INIT(1 << 20);
	AUTO(buf_release) struct buf notes = BUF_INIT(1 << 20);
	struct error err = { 0 };

	(void)state;
	tar_write_header(&archive, &entry);
	assert_int_equal(archive.len, 3 * TAR_BLOCK);
	assert_string_equal(archive.data + TAR_BLOCK, "19 size=8589934592\n");
	assert_int_equal(read_in_pieces(buf_slice(&archive), SIZE_MAX, &notes, &err), -1);
	assert_string_equal(err.message, "tar: it ends amid an entry");
	assert_string_equal(notes.data, "f 644 8589934592 0.000000000 big\n");
}

static void test_a_record_counts_its_own_digits(void **state)
{
	(void)state;
	for (size_t len = 101; len < 1100; len++) {
		AUTO(buf_release) struct buf path = BUF_INIT(2000);
		AUTO(buf_release) struct buf archive = BUF_INIT(1 << 20);
		AUTO(buf_release) struct buf notes = BUF_INIT(1 << 20);
		struct tar_entry entry = FILE_ENTRY(NULL, 0);
		struct error err = { 0 };

		while (path.len < len)
			buf_add_char(&path, 'p');
		entry.path = path.data;
		tar_write_header(&archive, &entry);
		assert_int_equal(read_in_pieces(buf_slice(&archive), SIZE_MAX, &notes, &err), 0);
		assert_int_equal(notes.len, len + strlen("f 644 0 0.000000000 \n"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_written_is_read_in_pieces_of_any_size),
		cmocka_unit_test(test_the_bytes_are_the_same_each_time),
		cmocka_unit_test(test_gnu_tar_reads_what_is_written),
		cmocka_unit_test(test_a_size_from_8_gib_stands_in_a_record),
		cmocka_unit_test(test_a_record_counts_its_own_digits),
	};

	return cmocka_run_group_tests_name("codec/tar", tests, NULL, NULL);
}
