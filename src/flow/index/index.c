/* SPDX-License-Identifier: MIT */
#include "flow/index/index.h"

#include <ctype.h>
#include <string.h>

#include "base/limits.h"
#include "flow/index/index-place.h"

void index_hit_release(struct index_hit *hit)
{
	free(hit->reference);
	*hit = (struct index_hit){ 0 };
}

int index_check(const char *place, struct error *err)
{
	for (const char *c = place; *c; c++)
		if (iscntrl((unsigned char)*c))
			return error_set(err, ERROR_INPUT,
					 "expected text without control characters");
	if (str_starts(place, INDEX_OCI))
		return reference_check_repository(place + strlen(INDEX_OCI), err);
	if (place[0] == '/')
		return 0;
	error_set(err, ERROR_INPUT, "expected /FOLDER or oci:REPOSITORY, not '%s'", place);
	return error_hint(err, "a folder is named from the root, so that it is one for all");
}

/* Nobody's word is taken for content but that of who made what ours is made of. */
static int may_use(const struct job *job, const char *sha, struct error *err)
{
	enum commit_relation relation;

	if (!*sha)
		return 0;
	if (commit_relate(job->run->repo, job->run->commit.sha, sha, &relation, err))
		return -1;
	if (relation == COMMIT_SAME || relation == COMMIT_ANCESTOR)
		return 1;
	return index_is_trusted(job, sha, err);
}

static int find_in(const struct index_question *question, const char *name, const char *entry,
		   struct index_hit *ret_hit, struct error *err)
{
	AUTO(index_place_freep) struct index_place *place = NULL;
	AUTO(index_entry_release) struct index_entry held = { 0 };
	AUTO(buf_release) struct buf text = INDEX_LINE_INIT;
	int status = index_place_open(question, name, &place, err);

	if (!status)
		status = index_entry_read(question->job, place, entry, &held, err);
	if (status > 0)
		status = may_use(question->job, held.sha, err);
	if (status <= 0)
		return status;
	reference_format(&held.reference, &text);
	ret_hit->reference = str_copy(text.data, err);
	memcpy(ret_hit->sha, held.sha, sizeof(held.sha));
	return ret_hit->reference ? 1 : -1;
}

int index_find(const struct job *job, const char *key, struct index_hit *ret_hit, struct error *err)
{
	const struct strv *places = &job->settings->indexes;
	AUTOFREE char *image = NULL, *entry = NULL;
	struct index_question question = { .job = job };
	int status = 0;

	if (!places->len || !key || !digest_is_valid(key))
		return 0;
	image = index_image(job, err);
	entry = image ? index_hash_entry(key, err) : NULL;
	if (!entry)
		return -1;
	question.image = image;
	for (size_t i = 0; i < places->len && status <= 0; i++) {
		status = find_in(&question, places->items[i], entry, ret_hit, err);
		if (status >= 0)
			continue;
		if (!index_is_silence(err))
			return -1;
		event_notice(job->run->sink, "the index '%s' is not known: %s", places->items[i],
			     err->message);
		error_clear(err);
		status = 0;
	}
	return status;
}
