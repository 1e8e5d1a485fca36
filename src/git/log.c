/* SPDX-License-Identifier: MIT */
#include "git/log.h"

#include "git/history.h"

enum { WANTED = 1 };

struct git_log {
	struct history history;
	bool is_limited; /* all of it was walked already */
	uint32_t *found; /* then: what may be wanted, in order */
	size_t len, capacity;
	size_t next;
};

void git_log_free(struct git_log *log)
{
	if (!log)
		return;
	history_release(&log->history);
	free(log->found);
	free(log);
}

void git_log_freep(struct git_log **log)
{
	git_log_free(*log);
}

static int keep(struct git_log *log, uint32_t index, struct error *err)
{
	uint32_t *found;

	if (log->len == log->capacity) {
		size_t capacity = log->capacity ? log->capacity * 2 : 256;

		found = reallocarray(log->found, capacity, sizeof(*found));
		if (!found)
			return error_set_memory(err);
		log->found = found;
		log->capacity = capacity;
	}
	log->found[log->len++] = index;
	return 0;
}

/* What is left out may be found late, by a commit whose clock was wrong: so the walk
 * goes on until all that waits is older than what was found. */
static bool is_settled(const struct history *history, int64_t oldest)
{
	return !history->open &&
	       (!history->queue_len || history->nodes[history->queue[0]].time < oldest);
}

static int walk_all(struct git_log *log, struct error *err)
{
	struct history *history = &log->history;
	int64_t oldest = INT64_MAX;
	uint32_t index;

	while (!is_settled(history, oldest) && history_pop(history, &index)) {
		struct history_node *node = &history->nodes[index];

		if (!(node->flags & HISTORY_STALE)) {
			if (keep(log, index, err))
				return -1;
			oldest = node->time < oldest ? node->time : oldest;
		}
		if (history_push_parents(history, index, err))
			return -1;
	}
	return 0;
}

int git_log_open(struct git_repo *repo, const char *sha, const char *since,
		 struct git_log **ret_log, struct error *err)
{
	AUTO(git_log_freep) struct git_log *log = calloc(1, sizeof(*log));
	git_oid oid, hidden;

	if (!log)
		return error_set_memory(err);
	if (repo_parse_oid(sha, &oid, err) || (since && repo_parse_oid(since, &hidden, err)) ||
	    history_open(&log->history, repo, err) ||
	    history_push(&log->history, &oid, WANTED, NULL, err))
		return -1;
	if (since) {
		log->is_limited = log->history.is_repainting = true;
		if (history_push(&log->history, &hidden, HISTORY_STALE, NULL, err) ||
		    walk_all(log, err))
			return -1;
	}
	*ret_log = TAKE(log);
	return 0;
}

/* True with the next one that was not left out. */
static bool next_found(struct git_log *log, uint32_t *ret_index)
{
	if (!log->is_limited)
		return history_pop(&log->history, ret_index);
	while (log->next < log->len) {
		*ret_index = log->found[log->next++];
		if (!(log->history.nodes[*ret_index].flags & HISTORY_STALE))
			return true;
	}
	return false;
}

static int read_commit(struct git_log *log, uint32_t index, struct commit *ret_commit,
		       struct error *err)
{
	AUTO(repo_commit_freep) git_commit *looked_up = NULL;
	const struct history_node *node = &log->history.nodes[index];

	if (node->commit)
		return commit_of(node->commit, ret_commit, err);
	if (git_commit_lookup(&looked_up, log->history.repo->handle, &node->oid))
		return repo_fail(err, "cannot read a commit");
	return commit_of(looked_up, ret_commit, err);
}

int git_log_next(struct git_log *log, struct commit *ret_commit, struct error *err)
{
	AUTO(commit_release) struct commit commit = { 0 };
	uint32_t index;

	do {
		if (!next_found(log, &index))
			return 0;
	} while (log->history.nodes[index].is_missing);
	if (read_commit(log, index, &commit, err) ||
	    (!log->is_limited && history_push_parents(&log->history, index, err)))
		return -1;
	*ret_commit = commit;
	commit = (struct commit){ 0 };
	return 1;
}
