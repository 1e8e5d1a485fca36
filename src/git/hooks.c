/* SPDX-License-Identifier: MIT */
#include "git/hooks.h"

#include <errno.h>
#include <unistd.h>

#include "base/path.h"
#include "git/internal.h"

/* In every hook of ours. */
#define MARK	     "git image hook"
#define HOOK_MAX_LEN (64 * KIB)

int hooks_folder(struct git_repo *repo, char **ret_folder, struct error *err)
{
	AUTOFREE char *set = NULL;
	const char *home = getenv("HOME"), *work = repo_work_folder(repo);

	if (repo_get_setting(repo, "core.hookspath", &set, err))
		return -1;
	if (!set)
		*ret_folder = path_join(repo_common_folder(repo), "hooks", err);
	else if (str_starts(set, "~/") && home)
		*ret_folder = path_join(home, set + 2, err);
	else
		*ret_folder = path_join(work ? work : repo_git_folder(repo), set, err);
	return *ret_folder ? 0 : -1;
}

static char *hook_path(struct git_repo *repo, const char *name, struct error *err)
{
	AUTOFREE char *folder = NULL;

	if (hooks_folder(repo, &folder, err))
		return NULL;
	return path_join(folder, name, err);
}

enum owner { OWNER_NOBODY, OWNER_US, OWNER_OTHERS };

static int find_owner(const char *path, enum owner *ret_owner, struct error *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(HOOK_MAX_LEN);

	*ret_owner = OWNER_OTHERS;
	if (!path_read(path, &text, err))
		*ret_owner = strstr(text.data, MARK) ? OWNER_US : OWNER_OTHERS;
	else if (error_is(err, ERROR_NOT_FOUND))
		*ret_owner = OWNER_NOBODY;
	else if (!text.is_too_long)
		return -1;
	error_clear(err);
	return 0;
}

int hooks_install(struct git_repo *repo, const char *name, const char *text, struct error *err)
{
	AUTOFREE char *path = hook_path(repo, name, err), *folder = NULL;
	enum owner owner;

	if (!path || find_owner(path, &owner, err))
		return -1;
	if (owner == OWNER_OTHERS) {
		error_set(err, ERROR_CONFLICT, "'%s' is there and not ours: it stays", path);
		return error_hint(err, "add the line 'git image hook run %s -- \"$@\"' to it",
				  name);
	}
	folder = path_folder(path, err);
	if (!folder || path_make_folders(folder, 0777, err))
		return -1;
	return path_write(path, slice_of(text), 0755, err);
}

int hooks_is_ours(struct git_repo *repo, const char *name, struct error *err)
{
	AUTOFREE char *path = hook_path(repo, name, err);
	enum owner owner;

	if (!path || find_owner(path, &owner, err))
		return -1;
	return owner == OWNER_US;
}

int hooks_uninstall(struct git_repo *repo, const char *name, struct error *err)
{
	AUTOFREE char *path = hook_path(repo, name, err);
	enum owner owner;

	if (!path || find_owner(path, &owner, err))
		return -1;
	if (owner == OWNER_US && unlink(path))
		return error_set_errno(err, errno, "cannot remove '%s'", path);
	return 0;
}
