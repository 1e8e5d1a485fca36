/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/tar-block.h"

/* One block and what follows it, as others may write them. */
struct part {
	char type;
	const char *path;
	const char *link;
	const char *size;  /* digits of the field; NULL: those of the content */
	const char *mtime; /* NULL: zero */
	struct slice content;
	const char *magic; /* NULL: ustar's */
	const char *prefix;
};

static void add_part(struct buf *out, const struct part *part)
{
	struct tar_block block = { .type = part->type, .version = { '0', '0' } };
	char digits[32];

	snprintf(block.path, sizeof(block.path), "%s", part->path);
	snprintf(block.link, sizeof(block.link), "%s", part->link ? part->link : "");
	snprintf(block.prefix, sizeof(block.prefix), "%s", part->prefix ? part->prefix : "");
	memcpy(block.magic, part->magic ? part->magic : "ustar", sizeof(block.magic));
	memcpy(block.mode, "0000644", 8);
	snprintf(digits, sizeof(digits), "%011zo", part->content.len);
	memcpy(block.size, part->size ? part->size : digits, sizeof(block.size));
	memcpy(block.mtime, part->mtime ? part->mtime : "00000000000", sizeof(block.mtime));
	snprintf(digits, sizeof(digits), "%06o", (unsigned)tar_block_sum(&block));
	memcpy(block.checksum, digits, 7);
	buf_add(out, &block, sizeof(block));
	buf_add_slice(out, part->content);
	for (size_t i = tar_padding((int64_t)part->content.len); i; i--)
		buf_add_char(out, '\0');
}

static int note_entry(void *arg, const struct tar_entry *entry, struct error *err)
{
	static const char letters[] = "fdlho";

	if (!strcmp(entry->path, "stop"))
		return error_set(err, ERROR_INPUT, "enough");
	buf_add_format(arg, "[%c %s %lld %lld.%09ld", letters[entry->type], entry->path,
		       (long long)entry->size, (long long)entry->mtime.tv_sec,
		       entry->mtime.tv_nsec);
	if (entry->link)
		buf_add_format(arg, " -> %s", entry->link);
	buf_add_char(arg, ']');
	return 0;
}

static int note_data(void *arg, struct slice data, struct error *err)
{
	(void)err;
	buf_add_slice(arg, data);
	return 0;
}

static int read_all(struct slice archive, struct buf *notes, struct error *err)
{
	struct tar_handler handler = { note_entry, note_data, notes };
	AUTO(tar_reader_freep) struct tar_reader *reader = tar_reader_new(&handler, err);

	assert_non_null(reader);
	if (tar_reader_feed(reader, archive, err))
		return -1;
	return tar_reader_finish(reader, err);
}

#define PART(flag, name) .type = (flag), .path = (name)
#define PAX(text)	 PART('x', "PaxHeaders/x"), .content = SLICE(text)
#define FILE_A		 PART('0', "a"), .content = SLICE("abc")
#define LONG_SIZE	 "\x80\0\0\0\0\0\0\0\0\0\0\x03"
#define HUGE_SIZE	 "\xbf\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
#define MINUS_SIZE	 "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"

static const struct {
	struct part parts[4];
	const char *found;
	const char *message; /* NULL: it is read to the end */
} archives[] = {
	{ { { FILE_A } }, "[f a 3 0.000000000]abc", NULL },
	{ { { PART('\0', "old"), .magic = "\0\0\0\0\0", .content = SLICE("x") } },
	  "[f old 1 0.000000000]x",
	  NULL },
	{ { { PART('\0', "folder/") } }, "[d folder/ 0 0.000000000]", NULL },
	{ { { PART('5', "folder/"), .size = "00000000777" }, { FILE_A } },
	  "[d folder/ 0 0.000000000][f a 3 0.000000000]abc",
	  NULL },
	{ { { PART('3', "null") }, { FILE_A } },
	  "[o null 0 0.000000000][f a 3 0.000000000]abc",
	  NULL },
	{ { { PART('Z', "what"), .content = SLICE("skipped") }, { FILE_A } },
	  "[o what 0 0.000000000][f a 3 0.000000000]abc",
	  NULL },
	{ { { PART('2', "l"), .link = "target" } }, "[l l 0 0.000000000 -> target]", NULL },
	{ { { PART('0', "name"), .prefix = "long/prefix" } },
	  "[f long/prefix/name 0 0.000000000]",
	  NULL },
	{ { { PART('0', "gnu"), .magic = "ustar ", .prefix = "no prefix" } },
	  "[f gnu 0 0.000000000]",
	  NULL },
	{ { { PART('L', "././@LongLink"), .content = SLICE("long\0") },
	    { PART('K', "././@LongLink"), .content = SLICE("far\0") },
	    { PART('2', "short"), .link = "near" } },
	  "[l long 0 0.000000000 -> far]",
	  NULL },
	{ { { PART('g', "pax_global_header"), .content = SLICE("11 path=no\n") }, { FILE_A } },
	  "[f a 3 0.000000000]abc",
	  NULL },
	{ { { PAX("10 path=b\n20 mtime=1.25000000\n") }, { FILE_A } },
	  "[f b 3 1.250000000]abc",
	  NULL },
	{ { { PAX("17 mtime=-1.2500\n11 atime=9\n") }, { FILE_A } },
	  "[f a 3 -2.750000000]abc",
	  NULL },
	{ { { PAX("28 mtime=1.1234567890123456\n") }, { FILE_A } },
	  "[f a 3 1.123456789]abc",
	  NULL },
	{ { { PAX("10 path=b\n8 path=\n") }, { FILE_A } }, "[f a 3 0.000000000]abc", NULL },
	{ { { PAX("10 size=3\n") },
	    { PART('0', "a"), .size = "00000000000", .content = SLICE("abc") } },
	  "[f a 3 0.000000000]abc",
	  NULL },
	{ { { PAX("10 path=b\n") }, { PAX("10 path=c\n") }, { FILE_A } },
	  "[f c 3 0.000000000]abc",
	  NULL },
	{ { { PART('0', "bin"), .size = LONG_SIZE, .content = SLICE("abc") } },
	  "[f bin 3 0.000000000]abc",
	  NULL },
	{ { { PART('0', "old"), .mtime = MINUS_SIZE } }, "[f old 0 -1.000000000]", NULL },
	{ { { PART('0', "blank"), .size = "          3 ", .content = SLICE("abc") } },
	  "[f blank 3 0.000000000]abc",
	  NULL },

	{ { { PART('0', "stop") } }, "", "enough" },
	{ { { PART('0', "a"), .size = MINUS_SIZE } }, "", "tar: a size is no number" },
	{ { { PART('0', "a"), .size = HUGE_SIZE } }, "", "tar: a size is no number" },
	{ { { PART('0', "a"), .size = "0000000009 " } }, "", "tar: a size is no number" },
	{ { { PART('0', "a"), .mtime = "x0000000000" } }, "", "tar: a mode or time is no number" },
	{ { { PART('S', "sparse") } }, "", "tar: a sparse file" },
	{ { { PAX("21 GNU.sparse.x=data\n") }, { FILE_A } }, "", "tar: a sparse file" },
	{ { { PAX("10 path=b\n") } }, "", "tar: it ends amid an entry" },
	{ { { PART('0', "a"), .size = "00000001001", .content = SLICE("abc") } },
	  "[f a 512 0.000000000]",
	  "tar: it ends amid an entry" },
	{ { { PART('x', "x"), .size = "00000200001" } },
	  "",
	  "tar: records or a name are too long" },
	{ { { PART('L', "x"), .size = "77777777777" } },
	  "",
	  "tar: records or a name are too long" },
	{ { { PAX("11 path=b\n") }, { FILE_A } }, "", "tar: a pax record is not valid" },
	{ { { PAX("0 path=b\n") }, { FILE_A } }, "", "tar: a pax record is not valid" },
	{ { { PAX("2 \n") }, { FILE_A } }, "", "tar: a pax record is not valid" },
	{ { { PAX("1 path=b\n") }, { FILE_A } }, "", "tar: a pax record is not valid" },
	{ { { PAX("7 path\n") }, { FILE_A } }, "", "tar: a pax record is not valid" },
	{ { { PAX("6 =bc\n") }, { FILE_A } }, "", "tar: a pax record is not valid" },
	{ { { PAX("path=b\n") }, { FILE_A } }, "", "tar: a pax record is not valid" },
	{ { { PAX("9999999999999999999999 path=b\n") }, { FILE_A } },
	  "",
	  "tar: a pax record is not valid" },
	{ { { PAX("11 path=\0b\n") }, { FILE_A } }, "", "tar: a pax record is not valid" },
	{ { { PAX("11 size=-3\n") }, { FILE_A } }, "", "tar: a pax record is not valid" },
	{ { { PAX("25 size=9007199254740993\n") }, { FILE_A } },
	  "",
	  "tar: a pax record is not valid" },
	{ { { PAX("11 mtime=x\n") }, { FILE_A } }, "", "tar: a pax record is not valid" },
	{ { { PAX("13 mtime=1.x\n") }, { FILE_A } }, "", "tar: a pax record is not valid" },
};

static void test_archives_of_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(archives); i++) {
		AUTO(buf_release) struct buf archive = BUF_INIT(1 << 20);
		AUTO(buf_release) struct buf notes = BUF_INIT(1 << 20);
		struct error err = { 0 };
		int status;

		for (const struct part *part = archives[i].parts;
		     part < archives[i].parts + 4 && part->path; part++)
			add_part(&archive, part);
		status = read_all(buf_slice(&archive), &notes, &err);
		assert_string_equal(err.message, archives[i].message ? archives[i].message : "");
		assert_int_equal(status, archives[i].message ? -1 : 0);
		if (strncmp(err.message, "tar: it ends", 12))
			assert_string_equal(notes.data, archives[i].found);
	}
}

static void test_a_wrong_checksum_is_refused(void **state)
{
	static const struct part part = { FILE_A };

	(void)state;
	for (size_t i = 0; i < TAR_BLOCK; i++) {
		AUTO(buf_release) struct buf archive = BUF_INIT(1 << 20);
		AUTO(buf_release) struct buf notes = BUF_INIT(1 << 20);
		struct error err = { 0 };

		add_part(&archive, &part);
		archive.data[i] ^= 0x01;
		/* The blank and zero after the digits count for nothing. */
		if (i == 154 || i == 155)
			continue;
		assert_int_equal(read_all(buf_slice(&archive), &notes, &err), -1);
		assert_string_equal(err.message, "tar: a header's checksum is wrong");
	}
}

static void test_what_follows_the_end_is_not_read(void **state)
{
	static const struct part parts[] = { { FILE_A }, { PART('0', "stop") } };
	AUTO(buf_release) struct buf archive = BUF_INIT(1 << 20);
	AUTO(buf_release) struct buf notes = BUF_INIT(1 << 20);
	struct error err = { 0 };

	(void)state;
	add_part(&archive, &parts[0]);
	tar_write_end(&archive);
	add_part(&archive, &parts[1]);
	buf_add_text(&archive, "and garbage");
	assert_int_equal(read_all(buf_slice(&archive), &notes, &err), 0);
	assert_string_equal(notes.data, "[f a 3 0.000000000]abc");
}

static void test_a_path_beyond_the_limit_is_refused(void **state)
{
	AUTO(buf_release) struct buf path = BUF_INIT(10000);
	AUTO(buf_release) struct buf archive = BUF_INIT(1 << 20);
	AUTO(buf_release) struct buf notes = BUF_INIT(1 << 20);
	struct part part = { PART('L', "././@LongLink") };
	struct error err = { 0 };

	(void)state;
	while (path.len <= LIMIT_PATH)
		buf_add_char(&path, 'p');
	part.content = buf_slice(&path);
	add_part(&archive, &part);
	assert_int_equal(read_all(buf_slice(&archive), &notes, &err), -1);
	assert_string_equal(err.message, "tar: a path is longer than 4096 bytes");
	assert_int_equal(err.kind, ERROR_PROTOCOL);
}

static const struct {
	const char *path;
	bool is_inside;
} paths[] = {
	{ "a", true },	  { "a/b/", true },    { "./a", true },	  { "a..b/..c", true },
	{ "", false },	  { ".", false },      { "./", false },	  { "/a", false },
	{ "..", false },  { "a/../b", false }, { "a/..", false }, { "../a", false },
	{ "//a", false }, { "a//b", true },    { "...", true },
};

static void test_paths_that_are_safe_to_join(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		assert_int_equal(tar_path_is_inside(paths[i].path), paths[i].is_inside);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_archives_of_others),
		cmocka_unit_test(test_a_wrong_checksum_is_refused),
		cmocka_unit_test(test_what_follows_the_end_is_not_read),
		cmocka_unit_test(test_a_path_beyond_the_limit_is_refused),
		cmocka_unit_test(test_paths_that_are_safe_to_join),
	};

	return cmocka_run_group_tests_name("codec/tar read", tests, NULL, NULL);
}
