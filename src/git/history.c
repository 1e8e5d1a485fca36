/* SPDX-License-Identifier: MIT */
#include "git/history.h"

#include "base/path.h"

static int compare_oids(const void *a, const void *b)
{
	return git_oid_cmp(a, b);
}

/* The file lists one commit a line: those whose parents were left out. */
static int read_cuts(struct history *history, struct error *err)
{
	AUTOFREE char *path = path_join(history->repo->common_folder, "shallow", err);
	AUTO(buf_release) struct buf content = BUF_INIT(64 * MIB);
	struct slice rest, line;

	if (!path)
		return -1;
	if (path_read(path, &content, err)) {
		if (!error_is(err, ERROR_NOT_FOUND))
			return -1;
		error_clear(err);
		return 0;
	}
	history->cuts = calloc(content.len / GIT_OID_HEXSZ + 1, sizeof(*history->cuts));
	if (!history->cuts)
		return error_set_memory(err);
	rest = buf_slice(&content);
	while (slice_cut(&rest, '\n', &line))
		if (line.len == GIT_OID_HEXSZ &&
		    !git_oid_fromstrn(&history->cuts[history->cut_count], line.data, line.len))
			history->cut_count++;
	qsort(history->cuts, history->cut_count, sizeof(*history->cuts), compare_oids);
	return 0;
}

int history_open(struct history *history, struct git_repo *repo, struct error *err)
{
	*history = (struct history){ .repo = repo, .slot_count = 1024 };
	history->slots = calloc(history->slot_count, sizeof(*history->slots));
	if (!history->slots)
		return error_set_memory(err);
	return read_cuts(history, err);
}

void history_release(struct history *history)
{
	for (size_t i = 0; i < history->len; i++)
		git_commit_free(history->nodes[i].commit);
	free(history->nodes);
	free(history->slots);
	free(history->queue);
	free(history->cuts);
	*history = (struct history){ 0 };
}

static uint32_t *slot_of(const struct history *history, const git_oid *oid)
{
	size_t hash, i;

	memcpy(&hash, oid->id, sizeof(hash));
	for (i = hash % history->slot_count; history->slots[i]; i = (i + 1) % history->slot_count)
		if (git_oid_equal(&history->nodes[history->slots[i] - 1].oid, oid))
			break;
	return &history->slots[i];
}

static int grow_slots(struct history *history, struct error *err)
{
	uint32_t *slots = calloc(history->slot_count * 2, sizeof(*slots));

	if (!slots)
		return error_set_memory(err);
	free(history->slots);
	history->slots = slots;
	history->slot_count *= 2;
	for (size_t i = 0; i < history->len; i++)
		*slot_of(history, &history->nodes[i].oid) = (uint32_t)i + 1;
	return 0;
}

static int grow(void **items, size_t *capacity, size_t size, struct error *err)
{
	size_t wanted = *capacity ? *capacity * 2 : 256;
	void *moved = reallocarray(*items, wanted, size);

	if (!moved)
		return error_set_memory(err);
	*items = moved;
	*capacity = wanted;
	return 0;
}

static int load(struct history *history, struct history_node *node, struct error *err)
{
	int status = git_commit_lookup(&node->commit, history->repo->handle, &node->oid);
	const git_error *last = git_error_last();

	if (!status) {
		node->time = git_commit_time(node->commit);
		node->is_end =
			history->cut_count && bsearch(&node->oid, history->cuts, history->cut_count,
						      sizeof(node->oid), compare_oids);
		return 0;
	}
	if (status != GIT_ENOTFOUND && !(last && last->klass == GIT_ERROR_INVALID))
		return repo_fail(err, "cannot read a commit");
	node->is_missing = node->is_end = true;
	return 0;
}

static int add_node(struct history *history, const git_oid *oid, uint32_t *ret_index,
		    struct error *err)
{
	struct history_node node = { .oid = *oid };

	if (history->len == history->capacity &&
	    grow((void **)&history->nodes, &history->capacity, sizeof(node), err))
		return -1;
	if (history->len * 2 >= history->slot_count && grow_slots(history, err))
		return -1;
	if (load(history, &node, err))
		return -1;
	*slot_of(history, oid) = (uint32_t)history->len + 1;
	history->nodes[history->len] = node;
	*ret_index = (uint32_t)history->len++;
	return 0;
}

static bool is_before(const struct history *history, uint32_t a, uint32_t b)
{
	const struct history_node *x = &history->nodes[a], *y = &history->nodes[b];

	return x->time != y->time ? x->time > y->time : x->sequence < y->sequence;
}

static int enqueue(struct history *history, uint32_t index, struct error *err)
{
	uint32_t *queue;
	size_t at;

	if (history->queue_len == history->queue_capacity &&
	    grow((void **)&history->queue, &history->queue_capacity, sizeof(*queue), err))
		return -1;
	queue = history->queue;
	history->nodes[index].is_queued = true;
	history->nodes[index].sequence = history->sequence++;
	for (at = history->queue_len++; at; at = (at - 1) / 2) {
		if (!is_before(history, index, queue[(at - 1) / 2]))
			break;
		queue[at] = queue[(at - 1) / 2];
	}
	queue[at] = index;
	return 0;
}

bool history_pop(struct history *history, uint32_t *ret_index)
{
	uint32_t *queue = history->queue, last;
	size_t at = 0, child;

	if (!history->queue_len)
		return false;
	*ret_index = queue[0];
	last = queue[--history->queue_len];
	while ((child = 2 * at + 1) < history->queue_len) {
		if (child + 1 < history->queue_len &&
		    is_before(history, queue[child + 1], queue[child]))
			child++;
		if (!is_before(history, queue[child], last))
			break;
		queue[at] = queue[child];
		at = child;
	}
	queue[at] = last;
	history->nodes[*ret_index].is_queued = false;
	if (!(history->nodes[*ret_index].flags & HISTORY_STALE))
		history->open--;
	return true;
}

int history_push(struct history *history, const git_oid *oid, uint32_t flags, uint32_t *ret_index,
		 struct error *err)
{
	uint32_t index = *slot_of(history, oid), before;
	bool is_new = !index--;
	struct history_node *node;

	if (is_new && add_node(history, oid, &index, err))
		return -1;
	node = &history->nodes[index];
	before = node->flags;
	node->flags |= flags;
	if (ret_index)
		*ret_index = index;
	if (node->is_queued) {
		if (!(before & HISTORY_STALE) && (flags & HISTORY_STALE))
			history->open--;
		return 0;
	}
	if (!is_new && (!history->is_repainting || node->flags == before))
		return 0;
	if (!(node->flags & HISTORY_STALE))
		history->open++;
	return enqueue(history, index, err);
}

int history_push_parents(struct history *history, uint32_t index, struct error *err)
{
	struct history_node *node = &history->nodes[index];
	git_commit *commit = node->commit;
	uint32_t flags = node->flags;
	int status = 0;

	if (node->is_end)
		return 0;
	if (!commit && git_commit_lookup(&commit, history->repo->handle, &node->oid))
		return repo_fail(err, "cannot read a commit");
	node->commit = NULL;
	for (unsigned i = 0; !status && i < git_commit_parentcount(commit); i++)
		status = history_push(history, git_commit_parent_id(commit, i), flags, NULL, err);
	git_commit_free(commit);
	return status;
}
