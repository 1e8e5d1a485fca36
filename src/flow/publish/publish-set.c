/* SPDX-License-Identifier: MIT */
#include "flow/publish/publish-set.h"

#include "base/str.h"
#include "flow/publish/unfinished.h"

typedef int phase(struct publication *publication, struct error *err);

void publication_set_release(struct publication_set *set)
{
	for (size_t i = 0; i < set->len; i++)
		publication_release(&set->items[i]);
	free(set->items);
	journal_release(&set->journal);
	journal_list_release(&set->left);
	strv_release(&set->repositories);
	*set = (struct publication_set){ 0 };
}

static struct run *run_of(const struct publication_set *set)
{
	return set->items[0].job->run;
}

static int each(struct publication_set *set, phase *act, struct error *err)
{
	for (size_t i = 0; i < set->len; i++)
		if (act(&set->items[i], err))
			return -1;
	return 0;
}

/* Where the engine pushes, blobs may be missing yet: what may fail comes first. */
static int set_tags(struct publication_set *set, struct error *err)
{
	for (int turn = 0; turn < 2; turn++)
		for (size_t i = 0; i < set->len; i++)
			if (set->items[i].is_pushed == !turn && publish_tags(&set->items[i], err))
				return -1;
	return 0;
}

/* The step of the one that failed has ended. */
static int give_up(struct publication_set *set)
{
	for (size_t i = 0; i < set->len; i++)
		if (set->items[i].step.job)
			step_fail(&set->items[i].step);
	return -1;
}

static int add_to_journal(struct journal *journal, const struct publication *publication,
			  struct error *err)
{
	struct journal_image *image = journal_add(journal, err);
	const struct job *job = publication->job;
	const struct registry_manifest *manifest = &publication->manifest;

	if (!image || str_replace(&image->name, job->name, err) ||
	    str_replace(&image->repository, job->repository, err) ||
	    str_replace(&image->tag, publication->tag, err) ||
	    str_replace(&image->id, job->image.id, err))
		return -1;
	return manifest->bytes.len ? str_replace(&image->digest, manifest->digest.text, err) : 0;
}

/* What goes to a folder is seen by nobody who was not told. */
static bool is_at_registry(const struct publication *publication)
{
	return !publication->job->settings->to;
}

/* One image needs none: its :latest comes after its :<sha7>, and that is all. */
static int begin_journal(struct publication_set *set, struct error *err)
{
	if (set->repositories.len < 2)
		return 0;
	if (journal_init(&set->journal, run_of(set), err))
		return -1;
	for (size_t i = 0; i < set->len; i++)
		if (is_at_registry(&set->items[i]) &&
		    add_to_journal(&set->journal, &set->items[i], err))
			return -1;
	return 0;
}

/* Once ours is written it tells of these images, whatever becomes of this run. */
static int take_over(struct publication_set *set, struct error *err)
{
	if (!set->journal.path)
		return 0;
	return unfinished_settle(run_of(set), &set->repositories, &set->left, err);
}

static int note_phase(struct publication_set *set, const char *name, struct error *err)
{
	if (!set->journal.path)
		return 0;
	if (str_replace(&set->journal.phase, name, err))
		return -1;
	return journal_write(&set->journal, err);
}

static int run_phases(struct publication_set *set, struct error *err)
{
	if (each(set, publish_open, err) || each(set, publish_blobs, err))
		return -1;
	if (run_of(set)->options.is_dry_run)
		return 0;
	if (begin_journal(set, err) || note_phase(set, "tags", err) || take_over(set, err) ||
	    set_tags(set, err))
		return -1;
	return note_phase(set, "latest", err) ? -1 : each(set, publish_latest, err);
}

int publish_set_check(struct jobs *const *all, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		const char *to = all[i]->items[0].settings->to;

		if (publish_check_registry(&all[i]->items[0], err))
			return -1;
		for (size_t j = 0; j < i && to; j++)
			if (str_equal(all[j]->items[0].settings->to, to)) {
				error_set(err, ERROR_INPUT, "two images both go to '%s'", to);
				return error_hint(
					err, "name one of them, or set image.NAME.to for each");
			}
	}
	return 0;
}

static int name_all(struct publication_set *set, struct jobs *const *all, size_t count,
		    struct error *err)
{
	set->items = calloc(count, sizeof(*set->items));
	if (!set->items)
		return error_set_memory(err);
	while (set->len < count) {
		struct publication *publication = &set->items[set->len];

		if (publication_init(publication, all[set->len++], err) ||
		    (is_at_registry(publication) &&
		     strv_add(&set->repositories, publication->job->repository, err)))
			return -1;
	}
	return 0;
}

int publish_set_begin(struct jobs *const *all, size_t count, struct publication_set *ret_set,
		      struct error *err)
{
	AUTO(publication_set_release) struct publication_set set = { 0 };

	if (name_all(&set, all, count, err) ||
	    unfinished_find(run_of(&set), &set.repositories, &set.left, err))
		return -1;
	if (run_phases(&set, err))
		return give_up(&set);
	*ret_set = set;
	set = (struct publication_set){ 0 };
	return 0;
}

int publish_set_confirm(struct publication_set *set, struct error *err)
{
	if (each(set, publish_confirm, err))
		return give_up(set);
	if (run_of(set)->options.is_dry_run)
		return 0;
	journal_remove(&set->journal);
	return unfinished_settle(run_of(set), &set->repositories, &set->left, err);
}
