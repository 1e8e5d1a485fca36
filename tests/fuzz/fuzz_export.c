/* SPDX-License-Identifier: MIT */
/*
 * Exports of an engine, written as in tests/unit/engine/export-sample.h; the first two
 * bytes say which byte of the archive is another one. Whatever the pieces are in which
 * it comes, the reader gives the same; what it gives as a layer is one, and an export
 * that it takes is all of the image.
 */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

#include "../unit/engine/export-sample.h"
#include "engine/export-archive.h"

const char *const fuzz_seeds[] = {
	"\xff\xff{x}/json|{};{x}/layer.tar|{B};{id}.json|{config};{b}/layer.tar|{A};"
	"{a}/layer.tar>../{b}/layer.tar;manifest.json|[]",
	"\xff\xff"
	"blobs/sha256/{b}|{B};blobs/sha256/{id}|{config};blobs/sha256/{a}|{A};index.json|{}",
	"\xff\xff{a}.tar|{A};{x}/layer.tar>../{a}.tar;{b}.tar|{B};{id}.json|{config};m|[]",
	"\x02\x10{id}.json|{config};{a}.tar|{B};{b}.tar|;{x}/layer.tar|{A}{B}",
	NULL,
};

static void require(bool holds)
{
	if (!holds)
		abort();
}

struct notes {
	const struct export_sample *sample;
	struct buf text;
	struct digest digest;
	bool is_open;
	bool has_config, has_a, has_b;
};

static int note_config(void *arg, struct slice bytes, struct error *err)
{
	struct notes *notes = arg;

	(void)err;
	require(!notes->is_open && slice_is(bytes, notes->sample->config) && !notes->has_config);
	buf_add_text(&notes->text, "config ");
	notes->has_config = true;
	return 0;
}

static int note_begin(void *arg, const char *diff_id, int64_t size, bool *ret_is_wanted,
		      struct error *err)
{
	struct notes *notes = arg;

	(void)err;
	require(!notes->is_open && size >= 0);
	buf_add_format(&notes->text, "%s %lld ", diff_id ? diff_id : "?", (long long)size);
	*ret_is_wanted = notes->is_open = true;
	return 0;
}

static int note_data(void *arg, const void *data, size_t len, struct error *err)
{
	struct notes *notes = arg;

	(void)err;
	require(notes->is_open && len);
	digest_add(&notes->digest, data, len);
	buf_add(&notes->text, data, len);
	return 0;
}

static int note_end(void *arg, const char *diff_id, struct error *err)
{
	struct notes *notes = arg;

	(void)err;
	require(notes->is_open && str_equal(digest_finish(&notes->digest).text, diff_id));
	notes->is_open = false;
	notes->has_a |= str_equal(diff_id, notes->sample->a);
	notes->has_b |= str_equal(diff_id, notes->sample->b);
	return 0;
}

static void read_archive(struct notes *notes, struct slice bytes, size_t piece_len)
{
	const struct engine_export to = { note_config, note_begin, note_data,
					  note_end,    notes,	   &notes->sample->layers };
	struct error err = { 0 };
	AUTO(export_archive_freep) struct export_archive *archive = NULL;
	int status;

	require(!digest_init(&notes->digest, &err));
	require(!export_archive_new(notes->sample->id, &to, &archive, &err));
	for (status = 0; !status && bytes.len; bytes = slice_skip(bytes, piece_len))
		status = export_archive_feed(archive, bytes.data,
					     bytes.len < piece_len ? bytes.len : piece_len, &err);
	if (!status)
		status = export_archive_finish(archive, &err);
	require(status ? err.kind == ERROR_PROTOCOL
		       : notes->has_config && notes->has_a && notes->has_b && !notes->is_open);
	buf_add_text(&notes->text, err.message);
	require(!notes->text.has_failed);
	digest_release(&notes->digest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(buf_release) struct buf archive = BUF_INIT(64 * MIB), text = BUF_INIT(64 * MIB);
	struct export_sample sample;
	struct notes whole, pieces;
	size_t at;

	if (size < 2)
		return 0;
	export_sample_init(&sample);
	whole = pieces = (struct notes){ .sample = &sample, .text = BUF_INIT(64 * MIB) };
	at = (size_t)data[0] << 8 | data[1];
	buf_add(&text, data + 2, size - 2);
	export_sample_archive(&sample, text.data, &archive);
	require(!archive.has_failed);
	if (at < archive.len)
		archive.data[at] ^= 0x41;
	read_archive(&whole, buf_slice(&archive), SIZE_MAX);
	read_archive(&pieces, buf_slice(&archive), size % 600 + 1);
	require(slice_equal(buf_slice(&whole.text), buf_slice(&pieces.text)));
	buf_release(&whole.text);
	buf_release(&pieces.text);
	export_sample_release(&sample);
	return 0;
}
