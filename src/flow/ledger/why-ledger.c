/* SPDX-License-Identifier: MIT */
#include "flow/ledger/why-ledger.h"

#include "base/interrupt.h"
#include "git/notes-index.h"
#include "git/notes.h"

/* Whoever has not built for so long has nothing to compare with. */
#define COMMITS_MAX 10000

void why_build_release(struct why_build *build)
{
	free(build->at);
	free(build->key);
	strmap_release(&build->inputs);
	*build = (struct why_build){ 0 };
}

void why_past_release(struct why_past *past)
{
	why_build_release(&past->same);
	why_build_release(&past->other);
}

struct search {
	const struct job *job;
	const char *key;      /* that is wanted most; NULL: any */
	const char *platform; /* NULL: the image has only one */
	struct notes_index *notes;
	char sha[41]; /* where it is; "": past the end */
	int left;
};

static void search_release(struct search *search)
{
	notes_index_free(search->notes);
}

static int search_open(struct search *search, struct error *err)
{
	const struct run *run = search->job->run;

	memcpy(search->sha, run->commit.sha, sizeof(search->sha));
	search->left = COMMITS_MAX;
	return notes_index_open(run->repo, RECORD_REF, &search->notes, err);
}

/* To the first parent; a missing one is the end. */
static int step_back(struct search *search, struct error *err)
{
	AUTO(commit_release) struct commit commit = { 0 };

	if (interrupt_check(err))
		return -1;
	if (commit_resolve(search->job->run->repo, search->sha, &commit, err)) {
		if (!error_is(err, ERROR_NOT_FOUND) && !error_is(err, ERROR_INPUT))
			return -1;
		error_clear(err);
	}
	memcpy(search->sha, commit.parent, sizeof(search->sha));
	if (!--search->left)
		search->sha[0] = '\0';
	return 0;
}

static bool is_meant(const struct search *search, const struct record *record)
{
	static const char platform_input[] = "platform/";
	const char *platform = strmap_get(&record->inputs, platform_input);

	return record->kind == RECORD_BUILD && !strcmp(record->image, search->job->name) &&
	       (!search->platform || !platform || !strcmp(platform, search->platform));
}

/* The one of that key, else the best. */
static const struct record *choose(const struct search *search, const struct record_list *list)
{
	const struct record *found = NULL;

	for (size_t i = 0; i < list->len; i++) {
		const struct record *record = &list->items[i];

		if (!is_meant(search, record))
			continue;
		if (search->key && str_equal(record->key, search->key))
			return record;
		if (record_is_better(record, found))
			found = record;
	}
	return found;
}

static int take(const char *sha, const struct record *record, struct why_build *build,
		struct error *err)
{
	why_build_release(build);
	memcpy(build->sha, sha, sizeof(build->sha));
	build->is_sealed = record->is_sealed;
	if (str_replace(&build->at, record->at, err) || str_replace(&build->key, record->key, err))
		return -1;
	return strmap_copy(&build->inputs, &record->inputs, err);
}

/* 1 with the nearest build from here on, and past it; 0 if there is none; -1. */
static int next_build(struct search *search, struct why_build *build, struct error *err)
{
	const struct seal *seal = &search->job->run->seal;

	while (search->sha[0]) {
		AUTO(record_list_release) struct record_list list = { 0 };
		AUTO(buf_release) struct buf note = BUF_INIT(LIMIT_NOTE);
		const struct record *record;

		if ((notes_index_read(search->notes, search->sha, &note, err) &&
		     notes_forgive(&note, err)) ||
		    record_parse(seal, search->sha, buf_slice(&note), &list, err))
			return -1;
		record = choose(search, &list);
		if (record && take(search->sha, record, build, err))
			return -1;
		if (step_back(search, err))
			return -1;
		if (record)
			return 1;
	}
	return 0;
}

int why_past_find(const struct job *job, bool is_alone, struct why_past *ret_past,
		  struct error *err)
{
	AUTO(search_release)
	struct search search = { .job = job,
				 .key = job->key,
				 .platform = is_alone ? NULL : job->platform };
	AUTO(why_past_release) struct why_past past = { 0 };
	AUTO(why_build_release) struct why_build build = { 0 };
	int status;

	if (search_open(&search, err))
		return -1;
	while ((status = next_build(&search, &build, err)) > 0) {
		bool is_same = job->key && str_equal(build.key, job->key);
		struct why_build *place = is_same ? &past.same : &past.other;

		why_build_release(place);
		*place = build;
		build = (struct why_build){ 0 };
		if (!is_same)
			break;
	}
	if (status < 0)
		return -1;
	*ret_past = past;
	past = (struct why_past){ 0 };
	return 0;
}

int why_recall(const struct job *job, const char *key, struct why_build *ret_build,
	       struct error *err)
{
	AUTO(search_release) struct search search = { .job = job, .key = key };
	AUTO(why_build_release) struct why_build build = { 0 };
	int status;

	if (search_open(&search, err))
		return -1;
	do {
		status = next_build(&search, &build, err);
	} while (status > 0 && !str_equal(build.key, key));
	if (status <= 0)
		return status;
	*ret_build = build;
	build = (struct why_build){ 0 };
	return 0;
}
