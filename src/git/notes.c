/* SPDX-License-Identifier: MIT */
#include "git/notes.h"

#include <unistd.h>

#include "base/host.h"
#include "base/interrupt.h"
#include "base/time.h"
#include "git/notes-tree.h"
#include "git/notes-write.h"
#include "git/ref-swap.h"

/* git holds a ref's lock for milliseconds; longer is a stale one. */
#define SWAP_MS 10000

static int look_up(struct git_repo *repo, const git_oid *oid, git_commit **ret_commit,
		   struct error *err)
{
	int status = git_commit_lookup(ret_commit, repo->handle, oid);

	if (status == GIT_ENOTFOUND)
		return repo_fail_missing(repo, oid, err);
	return status ? repo_fail(err, "cannot read the commit of the notes") : 0;
}

int notes_tree_find(struct git_repo *repo, const char *ref, char ret_tree[GIT_OID_HEXSZ + 1],
		    bool *ret_has, struct error *err)
{
	AUTO(repo_commit_freep) git_commit *commit = NULL;
	git_oid head;

	if (ref_read(repo, ref, &head, ret_has, err) ||
	    (*ret_has && look_up(repo, &head, &commit, err)))
		return -1;
	if (*ret_has)
		git_oid_tostr(ret_tree, GIT_OID_HEXSZ + 1, git_commit_tree_id(commit));
	return 0;
}

int notes_tip(struct git_repo *repo, const char *ref, char ret_sha[41], struct error *err)
{
	bool has_head;
	git_oid head;

	if (ref_read(repo, ref, &head, &has_head, err))
		return -1;
	if (has_head)
		git_oid_tostr(ret_sha, 41, &head);
	else
		ret_sha[0] = '\0';
	return 0;
}

int notes_read(struct git_repo *repo, const char *ref, const char *sha, struct buf *ret_note,
	       struct error *err)
{
	AUTO(repo_commit_freep) git_commit *commit = NULL;
	git_oid head, oid;
	bool has_head;

	if (repo_parse_oid(sha, &oid, err) || ref_read(repo, ref, &head, &has_head, err))
		return -1;
	if (!has_head)
		return 0;
	if (look_up(repo, &head, &commit, err))
		return -1;
	return notes_tree_read(repo, git_commit_tree_id(commit), sha, ret_note, err);
}

int notes_unite(struct buf *note, struct slice lines, struct error *err)
{
	AUTO(strv_release) struct strv all = { 0 };
	struct slice rest[] = { buf_slice(note), lines }, part;

	for (size_t i = 0; i < ARRAY_SIZE(rest); i++)
		while (slice_cut(&rest[i], '\n', &part))
			if (part.len && strv_add_slice(&all, part, err))
				return -1;
	strv_sort(&all);
	buf_reset(note);
	for (size_t i = 0; i < all.len; i++)
		if (!i || strcmp(all.items[i - 1], all.items[i]) != 0)
			buf_add_format(note, "%s\n", all.items[i]);
	return buf_check(note, "a note", err);
}

static void signature_freep(git_signature **signature)
{
	git_signature_free(*signature);
}

/* As git finds it, but a machine without one is no reason to fail. */
static int sign(struct git_repo *repo, git_signature **ret_signature, struct error *err)
{
	AUTOFREE char *name = NULL, *email = NULL;
	const char *names[] = { getenv("GIT_COMMITTER_NAME"), NULL, "git-image" };
	const char *emails[] = { getenv("GIT_COMMITTER_EMAIL"), NULL, "git-image@localhost" };
	size_t i = 0, j = 0;

	if (repo_get_setting(repo, "user.name", &name, err) ||
	    repo_get_setting(repo, "user.email", &email, err))
		return -1;
	names[1] = name;
	emails[1] = email;
	while (!names[i] || !*names[i])
		i++;
	while (!emails[j] || !*emails[j])
		j++;
	/* A name of nothing but punctuation is refused. */
	if (git_signature_now(ret_signature, names[i], emails[j]) &&
	    git_signature_now(ret_signature, names[2], emails[2]))
		return repo_fail(err, "cannot sign the notes");
	return 0;
}

int notes_commit(struct git_repo *repo, const struct notes_commit *commit, git_oid *ret_commit,
		 struct error *err)
{
	AUTO(signature_freep) git_signature *signature = NULL;
	AUTO(repo_tree_freep) git_tree *tree = NULL;
	git_commit *parents[] = { commit->parents[0], commit->parents[1] };
	size_t count = !parents[0] ? 0 : !parents[1] ? 1 : 2;

	if (sign(repo, &signature, err))
		return -1;
	if (git_tree_lookup(&tree, repo->handle, commit->tree) ||
	    git_commit_create(ret_commit, repo->handle, NULL, signature, signature, NULL,
			      commit->message, tree, count,
			      (void *)parents)) /* libgit2 1.8 moved a const */
		return repo_fail(err, "cannot write the commit of the notes");
	return 0;
}

struct change {
	const char *sha;
	struct slice lines;
};

/* A commit on top of the head with the new note. */
static int add_note(struct git_repo *repo, void *arg, git_commit *head, git_oid *ret_commit,
		    struct error *err)
{
	AUTO(buf_release) struct buf note = BUF_INIT(LIMIT_NOTE);
	const struct change *change = arg;
	const git_oid *old = head ? git_commit_tree_id(head) : NULL;
	struct notes_entry entry = { 0 };
	size_t before;
	git_oid tree;

	if (old && notes_tree_read(repo, old, change->sha, &note, err))
		return -1;
	before = note.len;
	if (notes_unite(&note, change->lines, err))
		return -1;
	if (head && note.len == before) {
		*ret_commit = *git_commit_id(head);
		return 0;
	}
	memcpy(entry.sha, change->sha, GIT_OID_HEXSZ);
	if (git_blob_create_from_buffer(&entry.blob, repo->handle, note.data, note.len))
		return repo_fail(err, "cannot write a note");
	if (notes_tree_write(repo, old, &(struct notes_batch){ .entries = &entry, .len = 1 }, &tree,
			     err))
		return -1;
	return notes_commit(repo,
			    &(struct notes_commit){ .tree = &tree,
						    .parents = { head },
						    .message = "Notes added by 'git image'\n" },
			    ret_commit, err);
}

/* 1 done, 0 somebody was faster, -1. */
static int try_to_update(struct git_repo *repo, const char *ref, notes_make *make, void *arg,
			 struct error *err)
{
	AUTO(repo_commit_freep) git_commit *parent = NULL;
	git_oid head, commit;
	bool has_head;

	if (ref_read(repo, ref, &head, &has_head, err) ||
	    (has_head && look_up(repo, &head, &parent, err)) ||
	    make(repo, arg, parent, &commit, err))
		return -1;
	if (has_head && git_oid_equal(&head, &commit))
		return 1;
	return ref_swap(repo, ref, has_head ? &head : NULL, &commit, err);
}

static void pause_at_random(void)
{
	struct host_id random = host_random_id();

	usleep((useconds_t)(1000 + (random.text[0] * 256 + random.text[1]) % 20000));
}

int notes_update(struct git_repo *repo, const char *ref, notes_make *make, void *arg,
		 struct error *err)
{
	int64_t deadline = time_monotonic_ms() + SWAP_MS;
	AUTOCLOSE int turn = -1;
	int status;

	if (ref_turn(repo, &turn, err))
		return error_wrap(err, "cannot write '%s'", ref);
	while (!(status = try_to_update(repo, ref, make, arg, err))) {
		if (interrupt_check(err))
			return -1;
		if (time_monotonic_ms() >= deadline) {
			error_set(err, ERROR_CONFLICT, "'%s' stays locked", ref);
			return error_hint(err, "if no git runs: rm '%s/%s.lock'",
					  repo->common_folder, ref);
		}
		pause_at_random();
	}
	return status < 0 ? -1 : 0;
}

int notes_add_lines(struct git_repo *repo, const char *ref, const char *sha, struct slice lines,
		    struct error *err)
{
	struct change change = { sha, lines };
	git_oid oid;

	if (repo_parse_oid(sha, &oid, err))
		return -1;
	if (notes_update(repo, ref, add_note, &change, err))
		return error_wrap(err, "cannot note on %.7s", sha);
	return 0;
}

int notes_forgive(struct buf *note, struct error *err)
{
	if (error_is(err, ERROR_MEMORY) || error_is(err, ERROR_INTERRUPTED))
		return -1;
	error_clear(err);
	buf_reset(note);
	return 0;
}
