/* SPDX-License-Identifier: MIT */
#include "listing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/tar.h"

int read_context(struct context *context, size_t piece, struct buf *ret_tar, struct error *err)
{
	char data[64 * 1024];
	ssize_t len;

	assert_true(piece <= sizeof(data));
	while ((len = context_read(context, data, piece, err)) > 0)
		buf_add(ret_tar, data, (size_t)len);
	assert_false(ret_tar->has_failed);
	return (int)len;
}

static int list_entry(void *arg, const struct tar_entry *entry, struct error *err)
{
	struct buf *text = arg;

	(void)err;
	if (text->len)
		buf_add_char(text, '\n');
	buf_add_format(text, "%c %o %s", "fdlho"[entry->type], entry -> mode, entry -> path);
	if (entry->link)
		buf_add_format(text, " -> %s", entry->link);
	if (entry->size)
		buf_add_char(text, ' ');
	return 0;
}

static int list_data(void *arg, struct slice data, struct error *err)
{
	(void)err;
	for (size_t i = 0; i < data.len; i++)
		buf_add_char(arg, data.data[i] == '\n' ? '|' : data.data[i]);
	return 0;
}

void list_tar(const struct buf *tar, struct buf *ret_text)
{
	struct tar_handler handler = { list_entry, list_data, ret_text };
	struct error err = { 0 };
	AUTO(tar_reader_freep) struct tar_reader *reader = tar_reader_new(&handler, &err);

	assert_non_null(reader);
	assert_int_equal(tar_reader_feed(reader, buf_slice(tar), &err), 0);
	assert_int_equal(tar_reader_finish(reader, &err), 0);
}
