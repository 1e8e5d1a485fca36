/* SPDX-License-Identifier: MIT */
#include "git/notes-merge.h"

#include "base/interrupt.h"
#include "git/blob.h"
#include "git/commit.h"
#include "git/notes-changes.h"
#include "git/notes-write.h"
#include "git/ref-swap.h"

struct merge {
	struct git_repo *repo;
	const char *ref, *from;
	git_oid other; /* the commit of `from` */
	struct notes_merged merged;
};

static int unite(struct buf *note, struct slice lines, struct error *err)
{
	if (!notes_unite(note, lines, err))
		return 0;
	if (note->is_too_long)
		err->kind = ERROR_INPUT;
	return -1;
}

/* What they have, or have no more. What cannot be a note of ours is ERROR_INPUT. */
static int take(struct git_repo *repo, const struct notes_entry *theirs, git_oid *ret_blob,
		struct error *err)
{
	char name[GIT_OID_HEXSZ + 1];
	int64_t size;

	*ret_blob = theirs->blob;
	if (git_oid_is_zero(&theirs->blob))
		return 1;
	git_oid_tostr(name, sizeof(name), &theirs->blob);
	if (blob_size(repo, name, &size, err))
		return -1;
	if (size >= (int64_t)LIMIT_NOTE)
		return error_set(err, ERROR_INPUT, "the note of %s is too large", theirs->sha);
	return 1;
}

/* 1 with the lines of both, 0 if that is ours, -1. */
static int unite_notes(struct git_repo *repo, const git_oid *old, const struct notes_entry *theirs,
		       git_oid *ret_blob, struct error *err)
{
	AUTO(buf_release) struct buf ours = BUF_INIT(LIMIT_NOTE);
	AUTO(buf_release) struct buf other = BUF_INIT(LIMIT_NOTE);
	AUTO(buf_release) struct buf united = BUF_INIT(LIMIT_NOTE);

	if (notes_tree_append(repo, old, theirs->sha, &ours, err) ||
	    notes_tree_append(repo, &theirs->blob, theirs->sha, &other, err))
		return -1;
	buf_add_slice(&united, buf_slice(&ours));
	if (unite(&united, buf_slice(&other), err))
		return -1;
	if (slice_equal(buf_slice(&united), buf_slice(&ours)))
		return 0;
	if (git_blob_create_from_buffer(ret_blob, repo->handle, united.data, united.len))
		return repo_fail(err, "cannot write a note");
	return 1;
}

static int combine(void *arg, const git_oid *old, const struct notes_entry *theirs,
		   git_oid *ret_blob, struct error *err)
{
	static const git_oid none;
	struct merge *merge = arg;
	int status = 0;

	if (interrupt_check(err))
		return -1;
	if (git_oid_equal(old ? old : &none, &theirs->blob))
		return 0;
	if (!old || git_oid_equal(old, &theirs->before))
		status = take(merge->repo, theirs, ret_blob, err);
	else if (!git_oid_is_zero(&theirs->blob))
		status = unite_notes(merge->repo, old, theirs, ret_blob, err);
	merge->merged.commits += status > 0 && !git_oid_is_zero(ret_blob);
	if (status >= 0 || !error_is(err, ERROR_INPUT))
		return status;
	/* It is left out, and hinders nothing else. */
	error_clear(err);
	merge->merged.refused++;
	return 0;
}

/* 1 with the tree of what both come from; 0: there is none, or it is not here; -1. */
static int find_base(struct git_repo *repo, const git_commit *ours, const git_commit *theirs,
		     git_oid *ret_tree, struct error *err)
{
	AUTO(repo_commit_freep) git_commit *base = NULL;
	git_oid oid;

	if (git_merge_base(&oid, repo->handle, git_commit_id(ours), git_commit_id(theirs)))
		return 0;
	if (git_commit_lookup(&base, repo->handle, &oid))
		return repo_fail(err, "cannot read a commit of the notes");
	*ret_tree = *git_commit_tree_id(base);
	return 1;
}

static int merge_notes(struct merge *merge, const git_commit *ours, const git_commit *theirs,
		       git_oid *ret_tree, struct error *err)
{
	AUTO(notes_changes_release) struct notes_changes changes = { 0 };
	struct notes_batch batch = { .combine = combine, .arg = merge };
	git_oid base;
	int status = find_base(merge->repo, ours, theirs, &base, err);

	if (status < 0 || notes_changes_find(merge->repo, status ? &base : NULL,
					     git_commit_tree_id(theirs), &changes, err))
		return -1;
	batch.entries = changes.entries;
	batch.len = changes.len;
	return notes_tree_write(merge->repo, git_commit_tree_id(ours), &batch, ret_tree, err);
}

/* Also if there is nothing new in it: then theirs is known to be joined. */
static int make_merge(struct merge *merge, git_commit *head, git_oid *ret_commit, struct error *err)
{
	AUTO(repo_commit_freep) git_commit *other = NULL;
	git_oid tree;

	if (git_commit_lookup(&other, merge->repo->handle, &merge->other))
		return repo_fail(err, "cannot read the commit of '%s'", merge->from);
	if (merge_notes(merge, head, other, &tree, err))
		return -1;
	return notes_commit(merge->repo,
			    &(struct notes_commit){ .tree = &tree,
						    .parents = { head, other },
						    .message = "Notes joined by 'git image'\n" },
			    ret_commit, err);
}

static int join(struct git_repo *repo, void *arg, git_commit *head, git_oid *ret_commit,
		struct error *err)
{
	char ours[GIT_OID_HEXSZ + 1], theirs[GIT_OID_HEXSZ + 1];
	enum commit_relation relation = COMMIT_DESCENDANT;
	struct merge *merge = arg;

	merge->merged = (struct notes_merged){ 0 };
	git_oid_tostr(theirs, sizeof(theirs), &merge->other);
	if (head) {
		git_oid_tostr(ours, sizeof(ours), git_commit_id(head));
		if (commit_relate(repo, ours, theirs, &relation, err))
			return -1;
	}
	if (relation == COMMIT_SAME || relation == COMMIT_ANCESTOR) {
		*ret_commit = *git_commit_id(head);
		return 0;
	}
	if (relation == COMMIT_DESCENDANT) {
		*ret_commit = merge->other;
		return 0;
	}
	return make_merge(merge, head, ret_commit, err);
}

int notes_merge(struct git_repo *repo, const char *ref, const char *from,
		struct notes_merged *ret_merged, struct error *err)
{
	struct merge merge = { .repo = repo, .ref = ref, .from = from };
	bool has_other;

	if (ref_read(repo, from, &merge.other, &has_other, err))
		return -1;
	if (has_other && notes_update(repo, ref, join, &merge, err))
		return error_wrap(err, "cannot join '%s' into '%s'", from, ref);
	*ret_merged = merge.merged;
	return 0;
}

int notes_find_refs(struct git_repo *repo, const char *pattern, struct strv *ret_refs,
		    struct error *err)
{
	AUTO(strv_release) struct strv refs = { 0 };
	git_reference_iterator *iterator;
	const char *name;
	int status = 0;

	if (git_reference_iterator_glob_new(&iterator, repo->handle, pattern))
		return repo_fail(err, "cannot read the refs");
	while (!status && !git_reference_next_name(&name, iterator))
		status = strv_add(&refs, name, err);
	git_reference_iterator_free(iterator);
	if (status)
		return -1;
	strv_sort(&refs);
	*ret_refs = refs;
	refs = (struct strv){ 0 };
	return 0;
}
