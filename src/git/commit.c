/* SPDX-License-Identifier: MIT */
#include "git/commit.h"

#include "git/internal.h"

void commit_release(struct commit *commit)
{
	free(commit->subject);
	*commit = (struct commit){ 0 };
}

static int fail_to_resolve(struct git_repo *repo, const char *revision, int status,
			   struct error *err)
{
	if (git_repository_head_unborn(repo->handle) == 1) {
		error_set(err, ERROR_INPUT, "no commit yet in '%s'",
			  repo->work_folder ? repo->work_folder : repo->git_folder);
		return error_hint(err, "'git commit' makes one");
	}
	if (status == GIT_EAMBIGUOUS)
		return error_set(err, ERROR_INPUT, "'%s' names more than one commit", revision);
	if (status == GIT_EINVALIDSPEC)
		return error_set(err, ERROR_INPUT, "'%s' is no revision", revision);
	if (status != GIT_ENOTFOUND)
		return repo_fail(err, "cannot resolve '%s'", revision);
	error_set(err, ERROR_NOT_FOUND, "no commit '%s' in the repository", revision);
	if (repo_is_shallow(repo))
		error_hint(err, "the clone is shallow: 'git fetch --unshallow' brings the rest");
	return -1;
}

int commit_of(git_commit *found, struct commit *ret_commit, struct error *err)
{
	const char *subject = git_commit_summary(found);
	struct commit commit = { .subject = str_copy(subject ? subject : "", err) };

	if (!commit.subject)
		return -1;
	commit.time = git_commit_time(found);
	git_oid_tostr(commit.sha, sizeof(commit.sha), git_commit_id(found));
	git_oid_tostr(commit.tree, sizeof(commit.tree), git_commit_tree_id(found));
	if (git_commit_parentcount(found))
		git_oid_tostr(commit.parent, sizeof(commit.parent), git_commit_parent_id(found, 0));
	*ret_commit = commit;
	return 0;
}

int commit_resolve(struct git_repo *repo, const char *revision, struct commit *ret_commit,
		   struct error *err)
{
	AUTO(repo_object_freep) git_object *object = NULL, *peeled = NULL;
	int status = git_revparse_single(&object, repo->handle, revision);

	if (status)
		return fail_to_resolve(repo, revision, status, err);
	status = git_object_peel(&peeled, object, GIT_OBJECT_COMMIT);
	if (status == GIT_ENOTFOUND)
		return fail_to_resolve(repo, revision, status, err);
	if (status)
		return error_set(err, ERROR_INPUT, "'%s' is a %s, not a commit", revision,
				 git_object_type2string(git_object_type(object)));
	return commit_of((git_commit *)peeled, ret_commit, err);
}
