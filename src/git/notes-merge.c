/* SPDX-License-Identifier: MIT */
#include "git/notes-merge.h"

#include "git/commit.h"
#include "git/notes-index.h"
#include "git/notes-tree.h"
#include "git/notes-write.h"
#include "git/ref-swap.h"

struct merge {
	const char *ref, *from;
	git_oid other; /* the commit of `from` */
	struct notes_merged merged;
};

/* What cannot be a note of ours is left out, and hinders nothing else. */
static bool is_refused(const struct error *err)
{
	return error_is(err, ERROR_INPUT);
}

static int unite(struct buf *note, struct slice lines, struct error *err)
{
	if (!notes_unite(note, lines, err))
		return 0;
	if (note->is_too_long)
		err->kind = ERROR_INPUT;
	return -1;
}

/* Adds the lines that others have of a commit to the tree. */
static int merge_note(struct git_repo *repo, const struct notes_index *theirs, const char *sha,
		      git_oid *tree, struct error *err)
{
	AUTO(buf_release) struct buf ours = BUF_INIT(LIMIT_NOTE);
	AUTO(buf_release) struct buf other = BUF_INIT(LIMIT_NOTE);
	AUTO(buf_release) struct buf united = BUF_INIT(LIMIT_NOTE);
	struct notes_entry entry = { .sha = sha };

	if (notes_tree_read(repo, tree, sha, &ours, err) ||
	    notes_index_read(theirs, sha, &other, err))
		return -1;
	buf_add_slice(&united, buf_slice(&ours));
	if (unite(&united, buf_slice(&other), err))
		return -1;
	if (slice_equal(buf_slice(&united), buf_slice(&ours)))
		return 0;
	if (git_blob_create_from_buffer(&entry.blob, repo->handle, united.data, united.len))
		return repo_fail(err, "cannot write a note");
	return notes_tree_write(repo, tree, &entry, tree, err) ? -1 : 1;
}

static int merge_notes(struct git_repo *repo, struct merge *merge, git_oid *tree, struct error *err)
{
	AUTO(notes_index_freep) struct notes_index *ours = NULL;
	AUTO(notes_index_freep) struct notes_index *theirs = NULL;
	char sha[GIT_OID_HEXSZ + 1];
	size_t at = 0;

	if (notes_index_open(repo, merge->ref, &ours, err) ||
	    notes_index_open(repo, merge->from, &theirs, err))
		return -1;
	while (notes_index_next(theirs, &at, sha)) {
		int status = notes_index_agree(ours, theirs, sha)
				     ? 0
				     : merge_note(repo, theirs, sha, tree, err);

		if (status < 0 && !is_refused(err))
			return -1;
		if (status < 0)
			error_clear(err);
		merge->merged.refused += status < 0;
		merge->merged.commits += status > 0;
	}
	return 0;
}

/* Also if there is nothing new in it: then theirs is known to be joined. */
static int make_merge(struct git_repo *repo, struct merge *merge, git_commit *head,
		      git_oid *ret_commit, struct error *err)
{
	AUTO(repo_commit_freep) git_commit *other = NULL;
	git_oid tree = *git_commit_tree_id(head);

	if (git_commit_lookup(&other, repo->handle, &merge->other))
		return repo_fail(err, "cannot read the commit of '%s'", merge->from);
	if (merge_notes(repo, merge, &tree, err))
		return -1;
	return notes_commit(repo,
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
	return make_merge(repo, merge, head, ret_commit, err);
}

int notes_merge(struct git_repo *repo, const char *ref, const char *from,
		struct notes_merged *ret_merged, struct error *err)
{
	struct merge merge = { .ref = ref, .from = from };
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
