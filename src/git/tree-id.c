/* SPDX-License-Identifier: MIT */
#include "git/tree-id.h"

#include "git/internal.h"

int tree_id_add(struct buf *listing, enum tree_kind kind, const char *name, const char *oid,
		struct error *err)
{
	static const char *const modes[] = {
		[TREE_FILE] = "100644",	 [TREE_EXECUTABLE] = "100755", [TREE_SYMLINK] = "120000",
		[TREE_FOLDER] = "40000", [TREE_SUBMODULE] = "160000",
	};
	git_oid id;

	if (repo_parse_oid(oid, &id, err))
		return -1;
	buf_add_format(listing, "%s %s", modes[kind], name);
	buf_add_char(listing, '\0');
	buf_add(listing, id.id, GIT_OID_RAWSZ);
	return buf_check(listing, "a folder's listing", err);
}

int tree_id_of(const struct buf *listing, char ret_oid[41], struct error *err)
{
	git_oid id;

	if (git_odb_hash(&id, listing->len ? listing->data : "", listing->len, GIT_OBJECT_TREE))
		return repo_fail(err, "cannot hash a tree");
	git_oid_tostr(ret_oid, 41, &id);
	return 0;
}
