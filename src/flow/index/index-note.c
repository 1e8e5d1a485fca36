/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/time.h"
#include "flow/build/identity.h"
#include "flow/index/index-place.h"
#include "flow/index/index.h"
#include "flow/publish/publish.h"

/* How often :latest may move while its entry is written. */
#define ATTEMPTS 5
/* Publications of one image within one second. */
#define DATES 9

/* One publication on its way into one place. */
struct note {
	const struct publication *publication;
	const struct job *job;
	struct index_place *place;
	const char *date; /* "YYYY.MM.DD.HHMMSS" */
};

static char *line_of(const char *name, const char *digest, struct error *err)
{
	return str_format(err, "%s@%s", name, digest);
}

/* 1 if the entry holds just that, else 0. */
static int holds(const struct note *note, const char *entry, const char *line, struct error *err)
{
	AUTO(buf_release) struct buf held = INDEX_LINE_INIT;
	int status = note->place->ops->read(note->place, entry, &held, err);

	return status <= 0 ? status : slice_is(slice_trim(buf_slice(&held)), line);
}

static int write_entry(const struct note *note, const char *entry, const char *line,
		       struct error *err)
{
	int status = holds(note, entry, line, err);

	if (status)
		return status < 0 ? -1 : 0;
	return note->place->ops->write(note->place, entry, line, err);
}

/* The first of that second that is free, or holds it already. */
static int note_date(const struct note *note, const char *line, struct error *err)
{
	char entry[64];

	for (int i = 1; i <= DATES; i++) {
		AUTO(buf_release) struct buf held = INDEX_LINE_INIT;
		char number[8] = "";
		int status;

		if (i > 1)
			snprintf(number, sizeof(number), "-%d", i);
		snprintf(entry, sizeof(entry), "pushdate/%s%s", note->date, number);
		status = note->place->ops->read(note->place, entry, &held, err);
		if (status < 0)
			return -1;
		if (!status)
			return note->place->ops->write(note->place, entry, line, err);
		if (slice_is(slice_trim(buf_slice(&held)), line))
			return 0;
	}
	return error_set(err, ERROR_CONFLICT, "'%s' is taken %d times", entry, DATES);
}

/* Of a stamped image; NULL: it has none that others share. */
static const char *key_of(const struct job *job)
{
	const char *key = strmap_get(&job->image.labels, LABEL_KEY);

	return key && digest_is_valid(key) && identity_sha(&job->image, job->settings->sha_env)
		       ? key
		       : NULL;
}

/* 1 if ours may take the place of what is held. One of the trusted branch gives way to
 * its like alone; of two of a kind the later commit stays. */
static int may_replace(const struct job *job, const struct index_entry *held, struct error *err)
{
	enum commit_relation relation;
	int ours = index_is_trusted(job, job->run->commit.sha, err);
	int theirs = ours < 0 ? -1 : index_is_trusted(job, held->sha, err);

	if (theirs < 0)
		return -1;
	/* What cannot be told may be of that branch. */
	if (ours != theirs || (!held->sha[0] && job->settings->trusted_branch))
		return ours;
	if (!held->sha[0])
		return 1;
	if (commit_relate(job->run->repo, job->run->commit.sha, held->sha, &relation, err))
		return -1;
	return relation != COMMIT_DESCENDANT;
}

static int note_hash(const struct note *note, const struct publication *part, struct error *err)
{
	AUTO(index_entry_release) struct index_entry held = { 0 };
	const char *key = key_of(part->job);
	AUTOFREE char *entry = NULL, *line = NULL;
	int status;

	if (!key)
		return 0;
	entry = index_hash_entry(key, err);
	line = line_of(part->name, part->manifest.digest.text, err);
	if (!entry || !line)
		return -1;
	status = index_entry_read(part->job, note->place, entry, &held, err);
	if (status > 0)
		status = may_replace(part->job, &held, err);
	else if (!status)
		status = 1;
	return status <= 0 ? status : write_entry(note, entry, line, err);
}

/* A key is one platform's. */
static int note_hashes(const struct note *note, struct error *err)
{
	const struct publication *publication = note->publication;

	for (size_t i = 0; publication->parts && i < publication->jobs->len; i++)
		if (note_hash(note, &publication->parts[i], err))
			return -1;
	return publication->parts ? 0 : note_hash(note, publication, err);
}

/* Of a later commit, or of another branch. */
static int describe_other(const struct note *note, char **ret_line, struct error *err)
{
	AUTO(registry_image_release) struct registry_image held = REGISTRY_IMAGE_INIT;
	const struct job *job = note->job;
	AUTOFREE char *tag = NULL, *name = NULL;
	int status = registry_read_image(note->publication->registry, "latest",
					 job->settings->sha_env, &held, err);

	if (status <= 0 || !image_commit_is(&held.commit, held.commit.sha))
		return status < 0 ? -1 : 0;
	tag = identity_tag(job->settings, held.commit.sha, err);
	name = tag ? str_format(err, "%s:%s", job->repository, tag) : NULL;
	*ret_line = name ? line_of(name, held.manifest.digest.text, err) : NULL;
	return *ret_line ? 0 : -1;
}

/* What :latest holds; NULL: nothing that has a commit. */
static int describe_latest(const struct note *note, char **ret_line, struct error *err)
{
	const struct publication *publication = note->publication;
	struct registry_digest digest = { "" };
	int status = registry_exists(publication->registry, "latest", &digest, err);

	if (status <= 0)
		return status;
	if (strcmp(digest.text, publication->manifest.digest.text) != 0)
		return describe_other(note, ret_line, err);
	*ret_line = line_of(publication->name, digest.text, err);
	return *ret_line ? 0 : -1;
}

/* :latest is what goes forward, and the entry says where it is: who wrote looks once
 * more, so that of two writers the last one leaves what is true. */
static int note_latest(const struct note *note, struct error *err)
{
	for (int i = 0; i < ATTEMPTS; i++) {
		AUTOFREE char *line = NULL;
		int status = describe_latest(note, &line, err) ? -1 : 0;

		if (!status && line)
			status = holds(note, "latest", line, err);
		if (status || !line)
			return status < 0 ? -1 : 0;
		if (note->place->ops->write(note->place, "latest", line, err))
			return -1;
	}
	return 0;
}

static int note_in(struct note *note, const char *name, const struct index_question *question,
		   struct error *err)
{
	const struct publication *publication = note->publication;
	AUTO(index_place_freep) struct index_place *place = NULL;
	AUTOFREE char *line = line_of(publication->name, publication->manifest.digest.text, err);

	if (!line || index_place_open(question, name, &place, err) || place->ops->lock(place, err))
		return -1;
	note->place = place;
	return note_date(note, line, err) || note_hashes(note, err) || note_latest(note, err) ? -1
											      : 0;
}

struct date {
	char text[32];
};

/* "2026-11-21T10:20:30Z", which may be anybody's text, as "2026.11.21.102030"; false if it
 * is something else. */
static bool read_date(const char *at, struct date *ret_date)
{
	static const char form[] = "0000-00-00T00:00:00Z";
	struct date date = { "" };
	size_t len = 0;

	for (size_t i = 0; form[i]; i++) {
		if (form[i] == '0' ? !isdigit((unsigned char)at[i]) : at[i] != form[i])
			return false;
		if (form[i] == '0')
			date.text[len++] = at[i];
		else if (form[i] != ':' && form[i] != 'Z')
			date.text[len++] = '.';
	}
	*ret_date = date;
	return true;
}

/* The first of the list that is of these bytes; `date` stays if there is none. */
static void find_first(const struct publication *publication, const struct record_list *list,
		       struct date *date)
{
	for (size_t i = 0; i < list->len; i++) {
		const struct record *record = &list->items[i];
		struct date found;

		if (record->kind == RECORD_PUBLICATION && record->at &&
		    str_equal(record->image, publication->job->name) &&
		    str_equal(record->digest, publication->manifest.digest.text) &&
		    read_date(record->at, &found) &&
		    (!date->text[0] || strcmp(found.text, date->text) < 0))
			*date = found;
	}
}

/* Of the first publication of these bytes that the ledger has, else of this one, which it
 * will have: the same command again writes the same entry. */
static int find_date(const struct publication *publication, struct date *ret_date,
		     struct error *err)
{
	const struct job *job = publication->job;
	AUTO(record_list_release) struct record_list list = { 0 };
	struct date date = { "" };

	/* What cannot be read now is no reason to fail after the publication. */
	if (record_read(job->run->repo, &job->run->seal, job->run->commit.sha, &list, err)) {
		if (!index_is_silence(err))
			return -1;
		error_clear(err);
	}
	find_first(publication, &list, &date);
	find_first(publication, &job->records, &date);
	*ret_date = date;
	return 0;
}

static void warn(const struct job *job, const char *name, const struct error *failure)
{
	event_warning(job->run->sink,
		      "'%s' is published, but the index '%s' does not say so: %s; 'git image "
		      "publish' writes it again",
		      job->reference, name, failure->message);
}

int index_note(const struct publication *publication, struct error *err)
{
	const struct job *job = publication->job;
	const struct strv *places = &job->settings->indexes;
	struct index_question question = { .job = job, .is_patient = true };
	struct note note = { .publication = publication, .job = job };
	AUTOFREE char *image = NULL;
	struct date date;

	/* A file on this machine is nothing that others would find. */
	if (!places->len || job->settings->to)
		return 0;
	image = index_image(job, err);
	if (!image || find_date(publication, &date, err))
		return -1;
	question.image = image;
	note.date = date.text;
	for (size_t i = 0; i < places->len; i++) {
		if (!note_in(&note, places->items[i], &question, err))
			continue;
		if (!index_is_silence(err))
			return -1;
		warn(job, places->items[i], err);
		error_clear(err);
	}
	return 0;
}
