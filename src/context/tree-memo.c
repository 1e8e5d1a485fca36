/* SPDX-License-Identifier: MIT */
#include "context/tree-memo.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"

/* What the places are named by; other rules of reading .dockerignore need another
 * word, and so does another release, lest somebody forgets. */
#define ENCODING "git-image tree memo 1 " PACKAGE_VERSION

/* A slot is written in one piece, within a page; the check covers the rest of it. */
struct slot {
	uint8_t place[16]; /* the begin of a digest, like the check */
	char oid[40];
	uint8_t check[8];
};

_Static_assert(sizeof(struct slot) == 64, "a slot must not straddle pages");

/* A place may stand in any slot of its set. The sets of whole contexts come first, so
 * that the many folders of one cannot displace those of another: 1 and 8 MiB. */
#define SET_SLOTS   4
#define ROOT_SETS   4096
#define FOLDER_SETS 32768

struct tree_memo {
	int fd;
	struct digest digest;
	uint8_t rules[DIGEST_BYTES];
};

/* Reads and writes of what cannot be opened find nothing. */
static int open_file(const char *folder, int *ret_fd, struct error *err)
{
	AUTOFREE char *path = path_join(folder, "trees", err);

	if (!path)
		return -1;
	if (path_make_folders(folder, 0700, err)) {
		if (error_is(err, ERROR_MEMORY))
			return -1;
		error_clear(err);
	}
	*ret_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	return 0;
}

int tree_memo_open(const char *folder, struct tree_memo **ret_memo, struct error *err)
{
	AUTO(tree_memo_freep) struct tree_memo *memo = calloc(1, sizeof(*memo));

	if (!memo)
		return error_set_memory(err);
	memo->fd = -1;
	if (open_file(folder, &memo->fd, err) || digest_init(&memo->digest, err))
		return -1;
	*ret_memo = TAKE(memo);
	return 0;
}

void tree_memo_free(struct tree_memo *memo)
{
	if (!memo)
		return;
	cleanup_close(&memo->fd);
	digest_release(&memo->digest);
	free(memo);
}

void tree_memo_freep(struct tree_memo **memo)
{
	tree_memo_free(*memo);
}

void tree_memo_start(struct tree_memo *memo, struct slice rules)
{
	digest_add(&memo->digest, ENCODING, sizeof(ENCODING));
	digest_add(&memo->digest, rules.data, rules.len);
	digest_finish_bytes(&memo->digest, memo->rules);
}

static void name_place(struct tree_memo *memo, const struct tree_memo_place *place,
		       struct slot *ret_slot)
{
	uint8_t name[DIGEST_BYTES];

	digest_add(&memo->digest, memo->rules, sizeof(memo->rules));
	digest_add(&memo->digest, place->path, strlen(place->path) + 1);
	digest_add(&memo->digest, place->oid, strlen(place->oid));
	digest_finish_bytes(&memo->digest, name);
	memcpy(ret_slot->place, name, sizeof(ret_slot->place));
}

static void make_check(struct tree_memo *memo, struct slot *slot)
{
	uint8_t check[DIGEST_BYTES];

	digest_add(&memo->digest, slot, offsetof(struct slot, check));
	digest_finish_bytes(&memo->digest, check);
	memcpy(slot->check, check, sizeof(slot->check));
}

/* Where in the file the set of a place begins. */
static off_t find_set(const struct tree_memo_place *place, const struct slot *slot)
{
	uint32_t number;

	memcpy(&number, slot->place, sizeof(number));
	number = *place->path ? ROOT_SETS + number % FOLDER_SETS : number % ROOT_SETS;
	return (off_t)number * SET_SLOTS * (off_t)sizeof(*slot);
}

/* What lies behind the file's end, or cannot be read, is empty. */
static void read_set(const struct tree_memo *memo, off_t at, struct slot ret_set[SET_SLOTS])
{
	size_t size = SET_SLOTS * sizeof(*ret_set);
	ssize_t len = pread(memo->fd, ret_set, size, at);

	if (len < 0)
		len = 0;
	memset((char *)ret_set + len, 0, size - (size_t)len);
}

/* SET_SLOTS if there is none of that name. */
static size_t find_slot(const struct slot set[SET_SLOTS], const struct slot *wanted)
{
	size_t i = 0;

	while (i < SET_SLOTS && memcmp(set[i].place, wanted->place, sizeof(wanted->place)) != 0)
		i++;
	return i;
}

bool tree_memo_find(struct tree_memo *memo, const struct tree_memo_place *place, char ret_oid[41])
{
	struct slot set[SET_SLOTS], found;
	size_t i;

	name_place(memo, place, &found);
	read_set(memo, find_set(place, &found), set);
	i = find_slot(set, &found);
	if (i == SET_SLOTS)
		return false;
	memcpy(found.oid, set[i].oid, sizeof(found.oid));
	make_check(memo, &found);
	if (memcmp(&found, &set[i], sizeof(found)) != 0)
		return false;
	memcpy(ret_oid, found.oid, sizeof(found.oid));
	ret_oid[sizeof(found.oid)] = '\0';
	return true;
}

/* Its own, else an empty one, else one that its name picks. */
static size_t choose_slot(const struct slot set[SET_SLOTS], const struct slot *slot)
{
	static const struct slot none;
	size_t i = find_slot(set, slot);

	if (i == SET_SLOTS)
		i = find_slot(set, &none);
	return i < SET_SLOTS ? i : slot->place[sizeof(slot->place) - 1] % SET_SLOTS;
}

void tree_memo_keep(struct tree_memo *memo, const struct tree_memo_place *place, const char *oid)
{
	struct slot set[SET_SLOTS], slot;
	ssize_t len;
	off_t at;

	name_place(memo, place, &slot);
	memcpy(slot.oid, oid, sizeof(slot.oid));
	make_check(memo, &slot);
	at = find_set(place, &slot);
	read_set(memo, at, set);
	at += (off_t)(choose_slot(set, &slot) * sizeof(slot));
	/* On a full disk the fact is lost, no more. */
	len = pwrite(memo->fd, &slot, sizeof(slot), at);
	(void)len;
}
