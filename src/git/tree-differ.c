/* SPDX-License-Identifier: MIT */
#include "git/tree-differ.h"

#include "base/buf.h"
#include "base/interrupt.h"
#include "git/internal.h"

struct differ {
	const struct tree_differ_options *options;
	struct buf path;
	size_t depth;
};

/* One folder on both sides; a side may have none. */
struct pair {
	git_tree *trees[2];
	size_t next[2];
};

static void pair_release(struct pair *pair)
{
	git_tree_free(pair->trees[0]);
	git_tree_free(pair->trees[1]);
}

static int differ_folders(struct differ *differ, const git_oid *a, const git_oid *b,
			  struct error *err);

static int look_up(struct differ *differ, const git_oid *oid, git_tree **ret_tree,
		   struct error *err)
{
	struct git_repo *repo = differ->options->repo;
	int status = oid ? git_tree_lookup(ret_tree, repo->handle, oid) : 0;

	if (status == GIT_ENOTFOUND)
		return repo_fail_missing(repo, oid, err);
	return status ? repo_fail(err, "cannot read a tree") : 0;
}

static bool is_folder(const git_tree_entry *entry)
{
	return git_tree_entry_type(entry) == GIT_OBJECT_TREE;
}

static const git_tree_entry *entry_of(const struct pair *pair, size_t side)
{
	const git_tree *tree = pair->trees[side];

	return tree ? git_tree_entry_byindex(tree, pair->next[side]) : NULL;
}

/* Takes the next entry of the side that has the lower name, or of both. */
static bool next_entries(struct pair *pair, const git_tree_entry *ret_entries[2])
{
	const git_tree_entry *a = entry_of(pair, 0), *b = entry_of(pair, 1);
	int order = !a ? 1 : !b ? -1 : git_tree_entry_cmp(a, b);

	ret_entries[0] = order <= 0 ? a : NULL;
	ret_entries[1] = order >= 0 ? b : NULL;
	pair->next[0] += ret_entries[0] != NULL;
	pair->next[1] += ret_entries[1] != NULL;
	return a || b;
}

static struct tree_file file_of(const git_tree_entry *entry)
{
	struct tree_file file = { .kind = TREE_FILE };

	if (!entry)
		return file;
	file.kind = tree_kind_of(entry);
	git_oid_tostr(file.oid, sizeof(file.oid), git_tree_entry_id(entry));
	return file;
}

static int differ_entries(struct differ *differ, const git_tree_entry *const entries[2],
			  struct error *err)
{
	const git_tree_entry *a = entries[0], *b = entries[1];
	const struct tree_differ_options *options = differ->options;
	const git_oid *ids[2] = { a ? git_tree_entry_id(a) : NULL,
				  b ? git_tree_entry_id(b) : NULL };
	bool is_equal = a && b && git_oid_equal(ids[0], ids[1]) &&
			git_tree_entry_filemode(a) == git_tree_entry_filemode(b);
	struct tree_file files[2] = { file_of(a), file_of(b) };

	if (is_equal && !options->shows_equal)
		return 0;
	if (is_folder(a ? a : b) && options->enters && !options->enters(differ->path.data))
		return 0;
	if (is_folder(a ? a : b))
		return differ_folders(differ, ids[0], ids[1], err);
	return options->each(options->arg, differ->path.data, &files[0], &files[1], err);
}

static int differ_pair(struct differ *differ, struct pair *pair, struct error *err)
{
	const git_tree_entry *entries[2];
	size_t len = differ->path.len;

	while (next_entries(pair, entries)) {
		buf_add_format(&differ->path, "%s%s", len ? "/" : "",
			       git_tree_entry_name(entries[0] ? entries[0] : entries[1]));
		if (buf_check(&differ->path, "a path", err) || interrupt_check(err) ||
		    differ_entries(differ, entries, err))
			return -1;
		buf_truncate(&differ->path, len);
	}
	return 0;
}

static int differ_folders(struct differ *differ, const git_oid *a, const git_oid *b,
			  struct error *err)
{
	AUTO(pair_release) struct pair pair = { 0 };
	int status;

	if (differ->depth == LIMIT_TREE_DEPTH)
		return error_set(err, ERROR_INPUT, "the tree has more than %d levels of folders",
				 LIMIT_TREE_DEPTH);
	if (look_up(differ, a, &pair.trees[0], err) || look_up(differ, b, &pair.trees[1], err))
		return -1;
	differ->depth++;
	status = differ_pair(differ, &pair, err);
	differ->depth--;
	return status;
}

int tree_differ(const struct tree_differ_options *options, struct error *err)
{
	struct differ differ = { .options = options, .path = BUF_INIT(LIMIT_PATH) };
	git_oid a, b;
	int status;

	if ((options->a && repo_parse_oid(options->a, &a, err)) ||
	    repo_parse_oid(options->b, &b, err))
		return -1;
	status = differ_folders(&differ, options->a ? &a : NULL, &b, err);
	buf_release(&differ.path);
	return status;
}
