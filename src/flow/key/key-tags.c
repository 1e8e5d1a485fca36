/* SPDX-License-Identifier: MIT */
#include "flow/key/key-tags.h"

#include <string.h>

#include "base/limits.h"
#include "base/path.h"
#include "codec/digest.h"
#include "image/reference.h"

#define FOLDER "keys"
/* Of one repository: as many commits as one may come back to. */
#define KEPT_MAX 500
#define LINE_MAX 300 /* a key, a tag of at most 128 characters, an ID */
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

/* A line of it; of older ones `id` is empty. */
struct entry {
	struct slice line, key, tag, id;
};

static bool read_entry(struct slice *rest, struct entry *ret_entry)
{
	struct entry entry = { 0 };

	if (!slice_cut(rest, '\n', &entry.line))
		return false;
	entry.id = entry.line;
	if (!slice_cut(&entry.id, ' ', &entry.key) || !slice_cut(&entry.id, ' ', &entry.tag))
		entry.id = (struct slice){ 0 };
	*ret_entry = entry;
	return true;
}

int key_tags_find(const char *state_folder, const char *repository, const char *key,
		  struct strv *tags, struct error *err)
{
	AUTOFREE char *path = find_file(state_folder, repository);
	AUTO(buf_release) struct buf text = BUF_INIT(FILE_MAX);
	struct entry entry;
	struct slice rest;
	size_t count = 0;

	if (!path)
		return 0;
	read_file(path, &text);
	rest = buf_slice(&text);
	while (count < KEY_TAGS_MAX && read_entry(&rest, &entry)) {
		if (!slice_is(entry.key, key))
			continue;
		if (strv_add_slice(tags, entry.tag, err))
			return -1;
		if (reference_is_valid_tag(tags->items[tags->len - 1]))
			count++;
		else
			strv_remove(tags, tags->len - 1);
	}
	return 0;
}

bool key_tags_has(const char *state_folder, const char *repository, const char *key, const char *id)
{
	AUTOFREE char *path = find_file(state_folder, repository);
	AUTO(buf_release) struct buf text = BUF_INIT(FILE_MAX);
	struct entry entry;
	struct slice rest;
	bool has = false;

	if (!path)
		return false;
	read_file(path, &text);
	rest = buf_slice(&text);
	while (!has && read_entry(&rest, &entry))
		has = slice_is(entry.key, key) && slice_is(entry.id, id);
	return has;
}

static void write_file(const char *path, const struct buf *text)
{
	struct error ignored = { 0 };
	AUTOFREE char *folder = path_folder(path, &ignored);

	if (!folder || text->has_failed || path_make_folders(folder, 0700, &ignored) ||
	    path_write(path, buf_slice(text), 0600, &ignored))
		return;
}

void key_tags_keep(const char *state_folder, const char *repository, const char *key,
		   const char *tag, const char *id)
{
	AUTOFREE char *path = find_file(state_folder, repository);
	AUTO(buf_release) struct buf before = BUF_INIT(FILE_MAX), after = BUF_INIT(FILE_MAX);
	struct entry entry;
	struct slice rest;
	size_t count = 1;

	if (!path)
		return;
	buf_add_format(&after, "%s %s %s\n", key, tag, id);
	read_file(path, &before);
	if (slice_starts(buf_slice(&before), after.data))
		return;
	rest = buf_slice(&before);
	while (count < KEPT_MAX && read_entry(&rest, &entry)) {
		if (entry.line.len >= LINE_MAX ||
		    (slice_is(entry.key, key) && slice_is(entry.tag, tag)))
			continue;
		buf_add_slice(&after, entry.line);
		buf_add_char(&after, '\n');
		count++;
	}
	write_file(path, &after);
}
