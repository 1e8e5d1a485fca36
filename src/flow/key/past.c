/* SPDX-License-Identifier: MIT */
#include "flow/key/past.h"

#include <pthread.h>
#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "flow/ledger/ledger.h"
#include "flow/ledger/record.h"
#include "git/notes.h"

/* How far back: a lookup in some ten milliseconds. */
#define COMMITS_MAX 200
#define NOTES_MAX   (16 * MIB)

#define KEY_MEMBER "\"key\":\""
#define KEY_DIGITS 16

/* A line of that commit begins its key so. */
struct mention {
	char digits[KEY_DIGITS];
	uint32_t commit;
};

struct walk {
	char *branch; /* NULL: the run's own commit */
	char (*shas)[41];
	size_t len;
	struct mention *mentions; /* by digits, then the nearest commit first */
	size_t mention_count, capacity;
};

struct past {
	pthread_mutex_t mutex; /* over the list; a walk in it does not change */
	struct walk **walks;
	size_t len;
	bool has_joined;
};

static void walk_free(struct walk *walk)
{
	if (!walk)
		return;
	free(walk->branch);
	free(walk->shas);
	free(walk->mentions);
	free(walk);
}

static void walk_freep(struct walk **walk)
{
	walk_free(*walk);
}

struct past *past_new(struct error *err)
{
	struct past *past = calloc(1, sizeof(*past));

	if (!past) {
		error_set_memory(err);
		return NULL;
	}
	pthread_mutex_init(&past->mutex, NULL);
	return past;
}

void past_free(struct past *past)
{
	if (!past)
		return;
	for (size_t i = 0; i < past->len; i++)
		walk_free(past->walks[i]);
	free(past->walks);
	pthread_mutex_destroy(&past->mutex);
	free(past);
}

/* The first digits of a key, behind its "sha256:" or "local:"; NULL: none. */
static const char *digits_of(struct slice key)
{
	const char *colon = memchr(key.data, ':', key.len);
	size_t left = colon ? key.len - (size_t)(colon + 1 - key.data) : 0;

	return left >= KEY_DIGITS ? colon + 1 : NULL;
}

static int add_mention(struct walk *walk, const char *digits, struct error *err)
{
	struct mention *last =
		walk->mention_count ? &walk->mentions[walk->mention_count - 1] : NULL;
	struct mention *mentions;

	/* Build and trial stand beside each other. */
	if (last && last->commit == walk->len && !memcmp(last->digits, digits, KEY_DIGITS))
		return 0;
	if (walk->mention_count == walk->capacity) {
		size_t capacity = walk->capacity ? 2 * walk->capacity : 64;

		mentions = reallocarray(walk->mentions, capacity, sizeof(*mentions));
		if (!mentions)
			return error_set_memory(err);
		walk->mentions = mentions;
		walk->capacity = capacity;
	}
	last = &walk->mentions[walk->mention_count++];
	last->commit = (uint32_t)walk->len;
	memcpy(last->digits, digits, KEY_DIGITS);
	return 0;
}

static int take_note(struct walk *walk, struct slice note, struct error *err)
{
	const char *found;

	while ((found = memmem(note.data, note.len, KEY_MEMBER, strlen(KEY_MEMBER)))) {
		struct slice key;
		const char *digits;

		note = slice_skip(note, (size_t)(found - note.data) + strlen(KEY_MEMBER));
		if (!slice_cut(&note, '"', &key))
			return 0;
		digits = digits_of(key);
		if (digits && add_mention(walk, digits, err))
			return -1;
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct mention *left = a, *right = b;
	int order = memcmp(left->digits, right->digits, KEY_DIGITS);

	if (order)
		return order;
	return left->commit < right->commit ? -1 : left->commit > right->commit;
}

/* The commit to begin with; false if there is no such branch, or without memory. */
static bool find_start(struct run *run, const char *branch, struct commit *start, struct error *err)
{
	static const char *const prefixes[] = { "refs/remotes/origin/", "refs/heads/" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		AUTOFREE char *name = NULL;

		error_clear(err);
		name = str_format(err, "%s%s", prefixes[i], branch);
		if (!name)
			return false;
		if (!commit_resolve(run->repo, name, start, err))
			return true;
	}
	return false;
}

/* 1; 0 at the begin of the history, or of what is here of it. */
static int go_back(struct run *run, struct commit *commit, struct error *err)
{
	struct commit parent = { 0 };

	if (!commit->parent[0])
		return 0;
	if (commit_resolve(run->repo, commit->parent, &parent, err)) {
		if (error_is(err, ERROR_MEMORY))
			return -1;
		error_clear(err);
		return 0;
	}
	commit_release(commit);
	*commit = parent;
	return 1;
}

static int walk_on(struct run *run, struct walk *walk, struct commit *commit, struct error *err)
{
	AUTO(buf_release) struct buf note = BUF_INIT(LIMIT_NOTE);
	size_t bytes = 0;
	int status = 1;

	while (status > 0 && walk->len < COMMITS_MAX && bytes < NOTES_MAX) {
		buf_reset(&note);
		if ((notes_read(run->repo, RECORD_REF, commit->sha, &note, err) &&
		     notes_forgive(&note, err)) ||
		    take_note(walk, buf_slice(&note), err))
			return -1;
		bytes += note.len;
		memcpy(walk->shas[walk->len++], commit->sha, sizeof(commit->sha));
		status = go_back(run, commit, err);
	}
	return status < 0 ? -1 : 0;
}

static struct walk *walk_new(struct run *run, const char *branch, struct error *err)
{
	AUTO(commit_release) struct commit start = { 0 };
	AUTO(walk_freep) struct walk *walk = calloc(1, sizeof(*walk));

	if (walk)
		walk->shas = calloc(COMMITS_MAX, sizeof(*walk->shas));
	if (!walk || !walk->shas) {
		error_set_memory(err);
		return NULL;
	}
	if (str_replace(&walk->branch, branch, err))
		return NULL;
	if (!branch && commit_resolve(run->repo, run->commit.sha, &start, err))
		return NULL;
	if (branch && !find_start(run, branch, &start, err)) {
		if (error_is(err, ERROR_MEMORY))
			return NULL;
		error_clear(err);
		return TAKE(walk);
	}
	if (walk_on(run, walk, &start, err))
		return NULL;
	if (walk->mention_count)
		qsort(walk->mentions, walk->mention_count, sizeof(*walk->mentions), compare);
	return TAKE(walk);
}

/* What was fetched since it was joined last. A run that finds its image where it has left it
 * does not come here, and pays nothing for it. */
static int join_fetched(struct run *run, struct error *err)
{
	if (run->past->has_joined || run->options.is_dry_run)
		return 0;
	run->past->has_joined = true;
	return ledger_refresh(run->repo, run->sink, err);
}

/* Under the mutex. */
static const struct walk *get_walk(struct run *run, const char *branch, struct error *err)
{
	struct past *past = run->past;
	struct walk *walk, **walks;

	for (size_t i = 0; i < past->len; i++)
		if (str_equal(past->walks[i]->branch, branch))
			return past->walks[i];
	walk = join_fetched(run, err) ? NULL : walk_new(run, branch, err);
	if (!walk)
		return NULL;
	walks = reallocarray(past->walks, past->len + 1, sizeof(struct walk *));
	if (!walks) {
		walk_free(walk);
		error_set_memory(err);
		return NULL;
	}
	past->walks = walks;
	past->walks[past->len++] = walk;
	return walk;
}

static int list(const struct walk *walk, const char *digits, struct strv *shas, struct error *err)
{
	size_t from = 0, to = walk->mention_count, count = 0;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (memcmp(walk->mentions[middle].digits, digits, KEY_DIGITS) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	for (; from < walk->mention_count && count < PAST_COMMITS; from++) {
		const struct mention *mention = &walk->mentions[from];

		if (memcmp(mention->digits, digits, KEY_DIGITS))
			break;
		if (strv_has(shas, walk->shas[mention->commit]))
			continue;
		if (strv_add(shas, walk->shas[mention->commit], err))
			return -1;
		count++;
	}
	return 0;
}

int past_find(struct run *run, const char *branch, const char *key, struct strv *shas,
	      struct error *err)
{
	const char *digits = digits_of(slice_of(key));
	const struct walk *walk;

	if (!digits)
		return 0;
	pthread_mutex_lock(&run->past->mutex);
	walk = get_walk(run, branch, err);
	pthread_mutex_unlock(&run->past->mutex);
	return walk ? list(walk, digits, shas, err) : -1;
}
