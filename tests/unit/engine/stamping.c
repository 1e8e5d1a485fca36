/* SPDX-License-Identifier: MIT */
#include "stamping.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/tar.h"

int stamp_with(struct engine *engine, struct engine_stamp stamp, const char *sha, char **ret_id,
	       struct error *err)
{
	AUTO(strmap_release) struct strmap env = { 0 }, labels = { 0 };

	if (strmap_set(&env, "SHA", sha, err) || strmap_set(&env, "NEVER", "", err) ||
	    strmap_set(&labels, "revision", sha, err) || strmap_set(&labels, "gone", "", err) ||
	    strmap_set(&labels, "never", "", err))
		return -1;
	stamp.content_id = ID;
	stamp.env = &env;
	stamp.labels = &labels;
	stamp.created = 1700000000;
	stamp.repository = "app";
	stamp.tag = "1f2e3d4";
	return engine->ops->stamp(engine, &stamp, ret_id, err);
}

static void keep_file(struct archive *archive)
{
	struct error err = { 0 };

	if (archive->path)
		assert_int_equal(
			strmap_set(&archive->files, archive->path, archive->content.data, &err), 0);
	buf_reset(&archive->content);
}

static int take_entry(void *arg, const struct tar_entry *entry, struct error *err)
{
	struct archive *archive = arg;

	keep_file(archive);
	assert_int_equal(entry->type, TAR_FILE);
	return str_replace(&archive->path, entry->path, err);
}

static int take_data(void *arg, struct slice data, struct error *err)
{
	struct archive *archive = arg;

	(void)err;
	buf_add_slice(&archive->content, data);
	return 0;
}

void read_archive(const struct peer *peer, size_t row, struct archive *archive)
{
	struct tar_handler handler = { take_entry, take_data, archive };
	const char *body = strstr(peer->requests[row], "\r\n\r\n") + 4;
	struct slice bytes = { body,
			       peer->request_lens[row] - (size_t)(body - peer->requests[row]) };
	AUTO(tar_reader_freep) struct tar_reader *reader = NULL;
	struct error err = { 0 };

	*archive = (struct archive){ .content = BUF_INIT(65536) };
	reader = tar_reader_new(&handler, &err);
	assert_int_equal(tar_reader_feed(reader, bytes, &err), 0);
	assert_int_equal(tar_reader_finish(reader, &err), 0);
	keep_file(archive);
}

void archive_release(struct archive *archive)
{
	strmap_release(&archive->files);
	free(archive->path);
	buf_release(&archive->content);
}

void write_export(struct buf *save, const char *path, const char *stored)
{
	tar_write_header(save, &(struct tar_entry){ TAR_FILE, "layer.tar", NULL, 0644, 0, { 0 } });
	tar_write_header(save, &(struct tar_entry){ .type = TAR_FILE,
						    .path = path,
						    .mode = 0644,
						    .size = (int64_t)strlen(stored) });
	buf_add_text(save, stored);
	for (size_t i = tar_padding((int64_t)strlen(stored)); i > 0; i--)
		buf_add_char(save, '\0');
	tar_write_end(save);
}
