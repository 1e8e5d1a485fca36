/* SPDX-License-Identifier: MIT */
#include "export-sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/tar.h"

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void set_digest(struct slice content, char *ret_text)
{
	struct digest_text digest;
	struct error err = { 0 };

	require(!digest_of(content, &digest, &err));
	memcpy(ret_text, digest.text, sizeof(digest.text));
}

void export_sample_init(struct export_sample *sample)
{
	struct error err = { 0 };

	*sample = (struct export_sample){ 0 };
	set_digest(SLICE(LAYER_A), sample->a);
	set_digest(SLICE(LAYER_B), sample->b);
	set_digest(SLICE("no layer of it"), sample->x);
	snprintf(sample->config, sizeof(sample->config),
		 "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\","
		 "\"diff_ids\":[\"%s\",\"%s\",\"%s\"]}}",
		 sample->a, sample->b, sample->a);
	set_digest(slice_of(sample->config), sample->id);
	require(!strv_add(&sample->layers, sample->a, &err) &&
		!strv_add(&sample->layers, sample->b, &err) &&
		!strv_add(&sample->layers, sample->a, &err));
}

void export_sample_release(struct export_sample *sample)
{
	strv_release(&sample->layers);
}

static void expand(const struct export_sample *sample, struct slice text, struct buf *out)
{
	const struct {
		const char *word, *value;
	} words[] = {
		{ "{id}", sample->id + 7 }, { "{a}", sample->a + 7 },
		{ "{b}", sample->b + 7 },   { "{x}", sample->x + 7 },
		{ "{A}", LAYER_A },	    { "{B}", LAYER_B },
		{ "{config}", sample->config },
	};

	while (text.len) {
		size_t at = 0;

		while (at < ARRAY_SIZE(words) && !slice_starts(text, words[at].word))
			at++;
		if (at < ARRAY_SIZE(words))
			buf_add_text(out, words[at].value);
		else
			buf_add_char(out, text.data[0]);
		text = slice_skip(text, at < ARRAY_SIZE(words) ? strlen(words[at].word) : 1);
	}
}

static void add_entry(const struct export_sample *sample, struct slice entry, struct buf *out)
{
	AUTO(buf_release) struct buf path = BUF_INIT(MIB), content = BUF_INIT(MIB);
	bool is_link = memchr(entry.data, '>', entry.len);
	struct slice name = SLICE("");

	slice_cut(&entry, is_link ? '>' : '|', &name);
	expand(sample, name, &path);
	expand(sample, entry, &content);
	require(!path.has_failed && !content.has_failed);
	tar_write_header(out, &(struct tar_entry){ .type = is_link ? TAR_SYMLINK : TAR_FILE,
						   .path = path.data,
						   .link = is_link ? content.data : NULL,
						   .mode = 0644,
						   .size = is_link ? 0 : (int64_t)content.len });
	if (is_link)
		return;
	buf_add_slice(out, buf_slice(&content));
	for (size_t i = tar_padding((int64_t)content.len); i; i--)
		buf_add_char(out, '\0');
}

void export_sample_archive(const struct export_sample *sample, const char *entries,
			   struct buf *out)
{
	struct slice rest = slice_of(entries), entry;

	while (slice_cut(&rest, ';', &entry))
		add_entry(sample, entry, out);
	tar_write_end(out);
}
