/* SPDX-License-Identifier: MIT */
#include "flow/ledger/record.h"

#include <string.h>

#include "base/limits.h"
#include "git/notes.h"

#define RECORD_VERSION 1
#define SEAL_MEMBER    ",\"seal\":\""

static const char *const kind_names[RECORD_KIND_COUNT] = {
	[RECORD_BUILD] = "build",
	[RECORD_TRIAL] = "trial",
	[RECORD_PUBLICATION] = "publication",
};

#define TEXT(member, name) JSON_FIELD(struct record, member, name, JSON_FIELD_TEXT)
#define INT(member, name)  JSON_FIELD(struct record, member, name, JSON_FIELD_INT)
#define MAP(member, name)  JSON_FIELD(struct record, member, name, JSON_FIELD_MAP)
#define BOOL(member, name) JSON_FIELD(struct record, member, name, JSON_FIELD_BOOL)

static const struct json_field build_fields[] = {
	TEXT(run, "run"), TEXT(at, "at"),   TEXT(image, "image"),
	TEXT(id, "id"),	  TEXT(key, "key"), MAP(inputs, "inputs"),
};
static const struct json_field trial_fields[] = {
	TEXT(run, "run"),     TEXT(at, "at"),	      TEXT(image, "image"),	TEXT(id, "id"),
	TEXT(key, "key"),     TEXT(result, "result"), INT(exit_code, "exit"),	TEXT(of, "of"),
	TEXT(tests, "tests"), TEXT(layers, "layers"), INT(ready_ms, "readyMs"),
};
static const struct json_field publication_fields[] = {
	TEXT(run, "run"),
	TEXT(at, "at"),
	TEXT(image, "image"),
	TEXT(id, "id"),
	TEXT(reference, "reference"),
	TEXT(digest, "digest"),
	TEXT(latest, "latest"),
	BOOL(is_untested, "untested"),
	BOOL(is_forced, "moveLatest"),
};

static const struct json_table tables[RECORD_KIND_COUNT] = {
	[RECORD_BUILD] = JSON_TABLE(build_fields),
	[RECORD_TRIAL] = JSON_TABLE(trial_fields),
	[RECORD_PUBLICATION] = JSON_TABLE(publication_fields),
};

void record_release(struct record *record)
{
	char **texts[] = { &record->run,    &record->image,  &record->id,     &record->at,
			   &record->key,    &record->of,     &record->result, &record->reference,
			   &record->digest, &record->latest, &record->tests,  &record->layers };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		free(*texts[i]);
	strmap_release(&record->inputs);
	*record = (struct record){ 0 };
}

void record_list_release(struct record_list *list)
{
	for (size_t i = 0; i < list->len; i++)
		record_release(&list->items[i]);
	free(list->items);
	*list = (struct record_list){ 0 };
}

/* The seal is over the commit too: a line does not move to another one. */
static struct seal_text seal_line(const struct seal *seal, const char *sha, struct slice line)
{
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_NOTE);

	buf_add_format(&text, "%s\n", sha);
	buf_add_slice(&text, line);
	return seal_make(seal, buf_slice(&text));
}

static void add_line(struct buf *lines, const struct seal *seal, const char *sha,
		     const struct record *record)
{
	struct json_writer writer = JSON_WRITER(lines);
	size_t begin = lines->len;
	struct slice line;

	json_open_object(&writer, NULL);
	json_add_int(&writer, "v", RECORD_VERSION);
	json_add_text(&writer, "kind", kind_names[record->kind]);
	json_add_fields(&writer, &tables[record->kind], record);
	line = (struct slice){ lines->data + begin, lines->len - begin };
	buf_add_format(lines, SEAL_MEMBER "%s\"}", seal_line(seal, sha, line).text);
}

int record_add(struct git_repo *repo, const struct seal *seal, const char *sha,
	       const struct record_list *records, struct error *err)
{
	AUTO(buf_release) struct buf lines = BUF_INIT(LIMIT_NOTE);

	for (size_t i = 0; i < records->len; i++) {
		struct record record = records->items[i];
		size_t begin = lines.len;

		add_line(&lines, seal, sha, &record);
		/* Then nobody can be told what it was made of, but all else. */
		if (lines.len - begin > LIMIT_RECORD) {
			record.inputs = (struct strmap){ 0 };
			buf_truncate(&lines, begin);
			add_line(&lines, seal, sha, &record);
		}
		buf_add_char(&lines, '\n');
	}
	if (buf_check(&lines, "what is to be recorded", err))
		return -1;
	if (!lines.len || !notes_add_lines(repo, RECORD_REF, sha, buf_slice(&lines), err))
		return 0;
	return error_is(err, ERROR_INPUT)
		       ? error_hint(err, "git notes --ref=image remove %s drops that note", sha)
		       : -1;
}

static bool is_sealed(const struct seal *seal, const char *sha, struct slice line)
{
	static const size_t tail = sizeof(SEAL_MEMBER) - 1 + 64 + 2; /* ...,"seal":"<64>"} */
	struct slice claimed;

	if (!seal->key.data || line.len <= tail)
		return false;
	claimed = slice_skip(line, line.len - tail);
	if (!slice_starts(claimed, SEAL_MEMBER))
		return false;
	claimed = slice_skip(claimed, sizeof(SEAL_MEMBER) - 1);
	line.len -= tail;
	return !strncmp(seal_line(seal, sha, line).text, claimed.data, 64);
}

/* 1 if the line is a record, 0 if it is none. */
static int read_line(struct slice line, struct record *record, struct error *err)
{
	AUTO(json_freep) struct json *json = json_parse(line, err);
	const char *kind = json_text(json_get(json, "kind"));
	size_t i = 0;

	if (json && json_int(json_get(json, "v"), 0) == RECORD_VERSION && kind)
		while (i < RECORD_KIND_COUNT && strcmp(kind_names[i], kind))
			i++;
	else
		i = RECORD_KIND_COUNT;
	if (i < RECORD_KIND_COUNT && !json_read(json, "note", &tables[i], record, err) &&
	    record->image && record->id) {
		record->kind = (enum record_kind)i;
		return 1;
	}
	record_release(record);
	return error_is(err, ERROR_MEMORY) ? -1 : 0;
}

/* Takes the record over, also when it fails. */
static int append(struct record_list *list, struct record *record, struct error *err)
{
	struct record *items = realloc(list->items, (list->len + 1) * sizeof(*items));

	if (!items) {
		record_release(record);
		return error_set_memory(err);
	}
	list->items = items;
	list->items[list->len++] = *record;
	return 0;
}

int record_parse(const struct seal *seal, const char *sha, struct slice note,
		 struct record_list *list, struct error *err)
{
	struct slice line;

	while (slice_cut(&note, '\n', &line)) {
		struct record record = { 0 };
		int status = line.len > LIMIT_RECORD ? 0 : read_line(line, &record, err);

		if (status < 0)
			return -1;
		if (!status)
			continue;
		record.is_sealed = is_sealed(seal, sha, line);
		if (append(list, &record, err))
			return -1;
	}
	error_clear(err);
	return 0;
}

int record_read(struct git_repo *repo, const struct seal *seal, const char *sha,
		struct record_list *ret_list, struct error *err)
{
	AUTO(record_list_release) struct record_list list = { 0 };
	AUTO(buf_release) struct buf note = BUF_INIT(LIMIT_NOTE);

	if ((notes_read(repo, RECORD_REF, sha, &note, err) && notes_forgive(&note, err)) ||
	    record_parse(seal, sha, buf_slice(&note), &list, err))
		return -1;
	*ret_list = list;
	list = (struct record_list){ 0 };
	return 0;
}

static bool is_newer(const struct record *record, const struct record *than)
{
	return !than || strcmp(record->at ? record->at : "", than->at ? than->at : "") > 0;
}

bool record_is_better(const struct record *record, const struct record *than)
{
	if (than && record->is_sealed != than->is_sealed)
		return record->is_sealed;
	return is_newer(record, than);
}

const struct record *record_find_trial(const struct record_list *list, const char *image,
				       const char *id, bool trusts_unsealed)
{
	const struct record *found = NULL;

	for (size_t i = 0; i < list->len; i++) {
		const struct record *record = &list->items[i];

		if (record->kind == RECORD_TRIAL && (record->is_sealed || trusts_unsealed) &&
		    !strcmp(record->image, image) && !strcmp(record->id, id) &&
		    is_newer(record, found))
			found = record;
	}
	return found;
}

bool record_has_build(const struct record_list *list, const char *image, const char *id,
		      const char *key)
{
	for (size_t i = 0; i < list->len; i++) {
		const struct record *record = &list->items[i];

		if (record->kind == RECORD_BUILD && str_equal(record->image, image) &&
		    str_equal(record->id, id) && (!key || str_equal(record->key, key)))
			return true;
	}
	return false;
}

const struct record *record_find_publication(const struct record_list *list, const char *image)
{
	const struct record *found = NULL;

	for (size_t i = 0; i < list->len; i++)
		if (list->items[i].kind == RECORD_PUBLICATION &&
		    !strcmp(list->items[i].image, image) && is_newer(&list->items[i], found))
			found = &list->items[i];
	return found;
}
