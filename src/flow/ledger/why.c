/* SPDX-License-Identifier: MIT */
#include "flow/ledger/why.h"

#include <string.h>

#include "base/path.h"
#include "flow/ledger/why-ledger.h"

void why_release(struct why *why)
{
	strv_release(&why->parents);
	free(why->name);
	free(why->before);
	free(why->after);
	*why = (struct why){ 0 };
}

struct difference {
	enum key_kind kind;
	const char *name;
	const char *before, *after; /* NULL: it was not, or is not, there */
};

/* By the "kind/" that a noted input begins with; KEY_KIND_COUNT: another version's. */
static enum key_kind kind_of(const char *input, const char **ret_name)
{
	for (size_t i = 0; i < KEY_KIND_COUNT; i++) {
		size_t len = strlen(key_kind_name((enum key_kind)i));

		if (str_starts(input, key_kind_name((enum key_kind)i)) && input[len] == '/') {
			*ret_name = input + len + 1;
			return (enum key_kind)i;
		}
	}
	*ret_name = input;
	return KEY_KIND_COUNT;
}

struct comparison {
	const struct strmap *before, *after;
	bool has_other_seal;
};

/* Hashes say nothing of another seal, or of none. */
static bool is_equal(const struct comparison *comparison, enum key_kind kind, const char *before,
		     const char *after)
{
	if (!before || !after)
		return before == after;
	if (key_may_be_private(kind) && (comparison->has_other_seal || !*before || !*after))
		return true;
	return !strcmp(before, after);
}

/* Looks for one that a person wants to hear of earlier than of what was found. */
static void look_through(const struct comparison *comparison, const struct strmap *map,
			 struct difference *found)
{
	for (size_t i = 0; i < map->len; i++) {
		const char *input = map->entries[i].key;
		const char *before = strmap_get(comparison->before, input);
		const char *after = strmap_get(comparison->after, input);
		const char *name;
		enum key_kind kind = kind_of(input, &name);

		if (is_equal(comparison, kind, before, after) ||
		    (found->name && (kind > found->kind ||
				     (kind == found->kind && strcmp(name, found->name) >= 0))))
			continue;
		*found = (struct difference){ kind, name, before, after };
	}
}

struct tally {
	const char *folder;
	struct why *why;
};

static const char *const change_names[] = {
	[FILE_ADDED] = "added",
	[FILE_REMOVED] = "removed",
	[FILE_CHANGED] = "changed",
	[FILE_MODE] = "mode",
};

static int count_file(void *arg, const char *path, enum file_change change, struct error *err)
{
	const struct tally *tally = arg;
	struct why *why = tally->why;

	if (why->name) {
		why->more++;
		return 0;
	}
	why->change = change_names[change];
	why->name = path_join(tally->folder, path, err);
	return why->name ? 0 : -1;
}

static const char *folder_of(const struct settings *settings)
{
	return strcmp(settings->context, ".") ? settings->context : "";
}

/* A folder may come or go in which nothing counts: then no file is named. */
static int explain_files(const struct why_side *before, const struct why_side *after,
			 struct why *why, struct error *err)
{
	struct tally tally = { folder_of(after->job->settings), why };

	why->change = change_names[FILE_CHANGED];
	if (!before->job)
		return 0;
	if (job_open_context(before->job, err) || job_open_context(after->job, err))
		return -1;
	return context_differ(before->job->context, after->job->context, count_file, &tally, err);
}

static int explain_dockerfile(const struct why_side *after, struct why *why, struct error *err)
{
	const struct settings *settings = after->job->settings;

	why->change = change_names[FILE_CHANGED];
	why->name = settings->dockerfile ? str_copy(settings->dockerfile, err)
					 : path_join(folder_of(settings), "Dockerfile", err);
	return why->name ? 0 : -1;
}

static struct job *parent_of(const struct job *job, const char *name)
{
	for (size_t i = 0; job && i < job->parent_count; i++)
		if (!strcmp(job->parents[i].job->name, name))
			return job->parents[i].job;
	return NULL;
}

static int explain_value(const struct difference *difference, struct why *why, struct error *err)
{
	const char *name = difference->name;

	why->change = change_names[!difference->before	? FILE_ADDED
				   : !difference->after ? FILE_REMOVED
							: FILE_CHANGED];
	why->name = str_copy(name, err);
	if (!why->name)
		return -1;
	if (key_may_be_private(difference->kind) || difference->kind == KEY_KIND_COUNT)
		return 0;
	return str_replace(&why->before, difference->before, err) ||
			       str_replace(&why->after, difference->after, err)
		       ? -1
		       : 0;
}

/* What made the parent another one; if that cannot be said, its two keys. */
static int explain_parent(const struct why_side *before, const struct why_side *after,
			  const struct difference *difference, struct why *why, struct error *err)
{
	AUTO(why_build_release) struct why_build build = { 0 };
	struct why_side then = { .job = parent_of(before->job, difference->name) };
	struct why_side now = { .job = parent_of(after->job, difference->name) };
	AUTO(strv_release) struct strv parents = { 0 };

	if (before->inputs && then.job && why_recall(then.job, difference->before, &build, err))
		return -1;
	then.inputs = build.inputs.len ? &build.inputs : NULL;
	then.has_other_seal = then.inputs && !build.is_sealed;
	if (!then.job || !now.job || why_find(&then, &now, why, err)) {
		if (err->kind && !error_is(err, ERROR_NO))
			return -1;
		error_clear(err);
	}
	if (!why->has_difference)
		return explain_value(difference, why, err);
	if (strv_add(&parents, difference->name, err) || strv_copy(&parents, &why->parents, err))
		return -1;
	strv_release(&why->parents);
	why->parents = parents;
	parents = (struct strv){ 0 };
	return 0;
}

static int explain(const struct why_side *before, const struct why_side *after,
		   const struct difference *difference, struct why *why, struct error *err)
{
	int status;

	if (difference->kind == KEY_FILES)
		status = explain_files(before, after, why, err);
	else if (difference->kind == KEY_DOCKERFILE)
		status = explain_dockerfile(after, why, err);
	else if (difference->kind == KEY_PARENT && difference->before && difference->after)
		status = explain_parent(before, after, difference, why, err);
	else
		status = explain_value(difference, why, err);
	if (!status && !why->has_difference)
		why->kind = difference->kind < KEY_KIND_COUNT ? key_kind_name(difference->kind)
							      : "input";
	why->has_difference = true;
	return status;
}

/* Values as they are: they are compared with others that are. */
static int note_plainly(const struct content_key *key, struct strmap *note, struct error *err)
{
	for (size_t i = 0; i < key->len; i++) {
		const struct key_input *input = &key->inputs[i];
		AUTOFREE char *name =
			str_format(err, "%s/%s", key_kind_name(input->kind), input->name);

		if (!name || strmap_set(note, name, input->value, err))
			return -1;
	}
	return 0;
}

/* What is known of them; `ret_unknown` is set if that is not all. */
static int find_inputs(const struct why_side *side, bool is_plain, struct strmap *note,
		       struct error *ret_unknown, struct error *err)
{
	AUTO(job_key_release) struct job_key key = { 0 };

	if (side->inputs)
		return strmap_copy(note, side->inputs, err);
	if (job_key_find(side->job, &key, err))
		return -1;
	if (!key.text)
		error_set(ret_unknown, ERROR_NO, "the key of '%s' in %.7s is not known: %s",
			  side->job->name, side->job->run->commit.sha,
			  key.unknown ? key.unknown : "it is of a work tree");
	return is_plain ? note_plainly(&key.inputs, note, err)
			: key_note(&key.inputs, &side->job->run->seal, note, err);
}

/* Of an input that is not there nobody knows whether it is another one; bases are
 * the first that may not be known. */
static bool is_certain(const struct difference *difference, const struct error *unknown)
{
	return !unknown->kind || (difference->name && difference->kind < KEY_BASE);
}

int why_find(const struct why_side *before, const struct why_side *after, struct why *ret_why,
	     struct error *err)
{
	AUTO(why_release) struct why why = { 0 };
	AUTO(strmap_release) struct strmap then = { 0 };
	AUTO(strmap_release) struct strmap now = { 0 };
	struct comparison comparison = { &then, &now,
					 before->has_other_seal || after->has_other_seal };
	struct difference found = { .name = NULL };
	bool is_plain = !before->inputs && !after->inputs;
	struct error unknown = { 0 };

	if (find_inputs(before, is_plain, &then, &unknown, err) ||
	    find_inputs(after, is_plain, &now, &unknown, err))
		return -1;
	look_through(&comparison, &then, &found);
	look_through(&comparison, &now, &found);
	if (!is_certain(&found, &unknown)) {
		*err = unknown;
		return -1;
	}
	if (found.name && explain(before, after, &found, &why, err))
		return -1;
	*ret_why = why;
	why = (struct why){ 0 };
	return 0;
}

static void add_file(const struct why *why, struct buf *text)
{
	if (!why->name) {
		buf_add_text(text, "its files differ");
		return;
	}
	buf_add_text(text, why->name);
	buf_add_text(text, !strcmp(why->change, "mode")	     ? " has another mode"
			   : !strcmp(why->change, "changed") ? " changed"
			   : !strcmp(why->change, "added")   ? " was added"
							     : " was removed");
	if (why->more)
		buf_add_format(text, ", and %lld more file%s differ%s", (long long)why->more,
			       why->more == 1 ? "" : "s", why->more == 1 ? "s" : "");
}

void why_add_text(const struct why *why, struct buf *text)
{
	if (!why->has_difference)
		return;
	for (size_t i = 0; i < why->parents.len; i++)
		buf_add_format(text, "parent %s: ", why->parents.items[i]);
	if (!strcmp(why->kind, key_kind_name(KEY_FILES)) ||
	    !strcmp(why->kind, key_kind_name(KEY_DOCKERFILE))) {
		add_file(why, text);
		return;
	}
	buf_add_format(text, "%s%s%s", why->kind, why->name[0] ? " " : "", why->name);
	if (why->before && why->after)
		buf_add_format(text, " is now %s, and was %s", why->after, why->before);
	else
		buf_add_format(text, "%s %s", !strcmp(why->change, "changed") ? "" : " was",
			       why->change);
	if (why->after && !why->before)
		buf_add_format(text, ": %s", why->after);
}
