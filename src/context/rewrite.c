/* SPDX-License-Identifier: MIT */
#include "context/rewrite.h"

#include <stdlib.h>

struct edit {
	struct dockerfile_part part;
	const char *text; /* NULL: nothing comes in its place */
};

static int compare_edits(const void *a, const void *b)
{
	const struct edit *x = a, *y = b;

	return x->part.begin < y->part.begin ? -1 : x->part.begin > y->part.begin;
}

/* Of a torn word the last part is replaced: a line that is empty, or begins with what
 * was left of a word, would not go on with the next one. */
static void add_edits(const struct dockerfile *dockerfile, const struct rewrite *rewrite,
		      struct edit *edits)
{
	for (size_t i = 0; i < rewrite->place.count; i++)
		edits[i] = (struct edit){
			.part = dockerfile->parts[rewrite->place.first + i],
			.text = i + 1 == rewrite->place.count ? rewrite->text : NULL,
		};
}

int dockerfile_rewrite(struct slice text, const struct dockerfile *dockerfile,
		       const struct rewrite_list *list, struct buf *out, struct error *err)
{
	AUTOFREE struct edit *edits = calloc(dockerfile->part_count + 1, sizeof(*edits));
	size_t edit_count = 0, at = 0;

	if (!edits)
		return error_set_memory(err);
	for (size_t i = 0; i < list->len; edit_count += list->items[i++].place.count)
		add_edits(dockerfile, &list->items[i], edits + edit_count);
	qsort(edits, edit_count, sizeof(*edits), compare_edits);
	for (size_t i = 0; i < edit_count; i++) {
		const struct dockerfile_part *part = &edits[i].part;

		buf_add(out, text.data + at, part->begin - at);
		if (edits[i].text)
			buf_add_text(out, edits[i].text);
		at = part->begin + part->len;
	}
	buf_add_slice(out, slice_skip(text, at));
	return buf_check(out, "the Dockerfile", err);
}
