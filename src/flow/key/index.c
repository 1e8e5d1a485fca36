/* SPDX-License-Identifier: MIT */
#include "flow/key/index.h"

#include <string.h>

#include "base/limits.h"
#include "base/path.h"
#include "codec/digest.h"
#include "image/reference.h"

#define FOLDER "keys"
/* Of one repository: as many commits as one may come back to. */
#define KEPT_MAX 500
#define LINE_MAX 210 /* a key, a tag of at most 128 characters */
#define FILE_MAX (KEPT_MAX * LINE_MAX)

static char *find_file(const char *state_folder, const char *repository)
{
	struct error ignored = { 0 };
	struct digest_text hash;

	if (!state_folder || digest_of(slice_of(repository), &hash, &ignored))
		return NULL;
	return str_format(&ignored, "%s/" FOLDER "/%.16s", state_folder,
			  hash.text + strlen("sha256:"));
}

/* Nothing if it cannot be read. */
static void read_file(const char *path, struct buf *text)
{
	struct error ignored = { 0 };

	if (path_read(path, text, &ignored))
		buf_reset(text);
}

int key_index_find(const char *state_folder, const char *repository, const char *key,
		   struct strv *tags, struct error *err)
{
	AUTOFREE char *path = find_file(state_folder, repository);
	AUTO(buf_release) struct buf text = BUF_INIT(FILE_MAX);
	struct slice rest, line, name;
	size_t count = 0;

	if (!path)
		return 0;
	read_file(path, &text);
	rest = buf_slice(&text);
	while (count < KEY_INDEX_TAGS && slice_cut(&rest, '\n', &line)) {
		if (!slice_cut(&line, ' ', &name) || !slice_is(name, key))
			continue;
		if (strv_add_slice(tags, line, err))
			return -1;
		if (reference_is_valid_tag(tags->items[tags->len - 1]))
			count++;
		else
			strv_remove(tags, tags->len - 1);
	}
	return 0;
}

static void write_file(const char *path, const struct buf *text)
{
	struct error ignored = { 0 };
	AUTOFREE char *folder = path_folder(path, &ignored);

	if (!folder || text->has_failed || path_make_folders(folder, 0700, &ignored) ||
	    path_write(path, buf_slice(text), 0600, &ignored))
		return;
}

void key_index_keep(const char *state_folder, const char *repository, const char *key,
		    const char *tag)
{
	AUTOFREE char *path = find_file(state_folder, repository);
	AUTO(buf_release) struct buf before = BUF_INIT(FILE_MAX), after = BUF_INIT(FILE_MAX);
	struct slice rest, line, first;
	size_t count = 1;

	if (!path)
		return;
	buf_add_format(&after, "%s %s\n", key, tag);
	first = (struct slice){ after.data, after.len - 1 };
	read_file(path, &before);
	rest = buf_slice(&before);
	while (count < KEPT_MAX && slice_cut(&rest, '\n', &line)) {
		first.data = after.data;
		if (line.len >= LINE_MAX || slice_equal(line, first))
			continue;
		buf_add_slice(&after, line);
		buf_add_char(&after, '\n');
		count++;
	}
	write_file(path, &after);
}
