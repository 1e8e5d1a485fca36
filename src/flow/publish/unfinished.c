/* SPDX-License-Identifier: MIT */
#include "flow/publish/unfinished.h"

static size_t count_covered(const struct strv *repositories, const struct journal *journal)
{
	size_t count = 0;

	for (size_t i = 0; i < journal->len; i++)
		count += strv_has(repositories, journal->images[i].repository);
	return count;
}

static struct buf names_of(const struct journal *journal)
{
	struct buf names = BUF_INIT(LIMIT_PEER_TEXT);

	for (size_t i = 0; i < journal->len; i++)
		buf_add_format(&names, "%s'%s'", i ? ", " : "", journal->images[i].name);
	return names;
}

/* What our commit is to a publication that was broken off. */
enum standing_to { GOES_ON, GOES_BEYOND, LEAVES_IT, CANNOT_BE };

static int relate(struct run *run, const struct journal *journal, enum standing_to *ret,
		  struct error *err)
{
	AUTO(commit_release) struct commit commit = { 0 };
	enum commit_relation relation;

	if (commit_relate(run->repo, run->commit.sha, journal->commit, &relation, err))
		return -1;
	*ret = LEAVES_IT;
	if (relation == COMMIT_SAME)
		*ret = GOES_ON;
	else if (relation == COMMIT_ANCESTOR || run->options.moves_latest)
		*ret = GOES_BEYOND;
	else if (relation == COMMIT_UNKNOWN &&
		 commit_resolve(run->repo, journal->commit, &commit, err)) {
		if (error_is(err, ERROR_MEMORY))
			return -1;
		error_clear(err);
		*ret = CANNOT_BE;
	}
	return 0;
}

/* Says what becomes of it. */
static int remind_of(struct run *run, const struct strv *repositories,
		     const struct journal *journal, struct error *err)
{
	AUTO(buf_release) struct buf names = names_of(journal);
	struct event_sink *sink = run->sink;
	enum standing_to standing;

	if (relate(run, journal, &standing, err))
		return -1;
	if (standing == CANNOT_BE) {
		event_warning(sink,
			      "the publication of %.7s (%s) was broken off, and its commit is "
			      "not here any more",
			      journal->commit, names.data);
	} else if (standing == LEAVES_IT || count_covered(repositories, journal) < journal->len) {
		event_warning(sink,
			      "the publication of %.7s (%s) was broken off at %s: 'git image "
			      "publish --commit %.7s' finishes it",
			      journal->commit, names.data, journal->at, journal->commit);
	} else {
		event_notice(sink, "the publication of %.7s (%s) was broken off at %s: %s",
			     journal->commit, names.data, journal->at,
			     standing == GOES_ON ? "this one finishes it"
						 : "this one goes beyond it");
	}
	return 0;
}

int unfinished_find(struct run *run, const struct strv *repositories, struct journal_list *ret_left,
		    struct error *err)
{
	AUTO(journal_list_release) struct journal_list left = { 0 };

	if (journal_find(run, &left, err))
		return -1;
	for (size_t i = 0; i < left.len; i++)
		if (remind_of(run, repositories, &left.items[i], err))
			return -1;
	*ret_left = left;
	left = (struct journal_list){ 0 };
	return 0;
}

/* What is left of it, if anything, is others'. */
static int settle(struct run *run, const struct strv *repositories, struct journal *journal,
		  struct error *err)
{
	enum standing_to standing;
	size_t before = journal->len;

	if (relate(run, journal, &standing, err))
		return -1;
	if (standing == CANNOT_BE)
		journal_remove(journal);
	if (standing != GOES_ON && standing != GOES_BEYOND)
		return 0;
	for (size_t i = before; i--;)
		if (strv_has(repositories, journal->images[i].repository))
			journal_drop(journal, i);
	return journal->len == before ? 0 : journal_write(journal, err);
}

int unfinished_settle(struct run *run, const struct strv *repositories, struct journal_list *left,
		      struct error *err)
{
	for (size_t i = 0; i < left->len; i++)
		if (settle(run, repositories, &left->items[i], err))
			return -1;
	return 0;
}
