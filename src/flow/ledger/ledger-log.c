/* SPDX-License-Identifier: MIT */
#include "flow/ledger/ledger-log.h"

#include "base/interrupt.h"
#include "git/log.h"
#include "git/notes-index.h"
#include "git/notes.h"

/* Of what is on record of an image the best of a kind. */
static const struct record *find(const struct record_list *list, enum record_kind kind,
				 const char *image, const char *id)
{
	const struct record *found = NULL;

	for (size_t i = 0; i < list->len; i++) {
		const struct record *record = &list->items[i];

		if (record->kind == kind && !strcmp(record->image, image) &&
		    (!id || !strcmp(record->id, id)) && record_is_better(record, found))
			found = record;
	}
	return found;
}

static struct ledger_line line_of(const struct commit *commit, const struct record_list *list,
				  const char *image)
{
	struct ledger_line line = { .commit = commit, .image = image };

	line.build = find(list, RECORD_BUILD, image, NULL);
	line.publication = find(list, RECORD_PUBLICATION, image, NULL);
	line.id = line.build ? line.build->id : NULL;
	line.trial = find(list, RECORD_TRIAL, image, line.id);
	if (!line.id)
		line.id = line.trial ? line.trial->id : line.publication->id;
	line.key = line.build ? line.build->key : NULL;
	if (!line.key && line.trial)
		line.key = line.trial->key;
	return line;
}

static bool is_first_of_image(const struct record_list *list, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (!strcmp(list->items[i].image, list->items[index].image))
			return false;
	return true;
}

/* 1 if there was something to show, 0, -1. */
static int show(const struct ledger_log *log, const struct commit *commit,
		const struct record_list *list, struct error *err)
{
	struct ledger_line line = { .commit = commit };
	int count = 0;

	for (size_t i = 0; i < list->len; i++) {
		const char *image = list->items[i].image;

		if ((log->image && strcmp(image, log->image) != 0) || !is_first_of_image(list, i))
			continue;
		line = line_of(commit, list, image);
		if (log->each(log->arg, &line, err))
			return -1;
		count = 1;
	}
	if (count || log->image)
		return count;
	return log->each(log->arg, &line, err) ? -1 : 1;
}

static int show_commit(struct run *run, const struct ledger_log *log,
		       const struct notes_index *notes, const struct commit *commit,
		       struct error *err)
{
	AUTO(record_list_release) struct record_list list = { 0 };
	AUTO(buf_release) struct buf note = BUF_INIT(LIMIT_NOTE);

	if ((notes_index_read(notes, commit->sha, &note, err) && notes_forgive(&note, err)) ||
	    record_parse(&run->seal, commit->sha, buf_slice(&note), &list, err))
		return -1;
	return show(log, commit, &list, err);
}

int ledger_log(struct run *run, const struct ledger_log *log, struct error *err)
{
	AUTO(notes_index_freep) struct notes_index *notes = NULL;
	AUTO(git_log_freep) struct git_log *commits = NULL;
	int64_t count = 0;
	int status = 1;

	if (notes_index_open(run->repo, RECORD_REF, &notes, err) ||
	    git_log_open(run->repo, run->commit.sha, log->since, &commits, err))
		return -1;
	while (log->max_count < 0 || count < log->max_count) {
		AUTO(commit_release) struct commit commit = { 0 };

		status = git_log_next(commits, &commit, err);
		if (status <= 0)
			return status;
		if (interrupt_check(err))
			return -1;
		status = show_commit(run, log, notes, &commit, err);
		if (status < 0)
			return -1;
		count += status;
	}
	return 0;
}
