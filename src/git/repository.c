/* SPDX-License-Identifier: MIT */
#include "git/repository.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/path.h"
#include "git/cat-file.h"
#include "git/internal.h"
#include "git/settings.h"

/* Pack files are mapped in windows of this size, this much in all; the
 * default of 32 MiB a window would count in full against our memory. */
#define WINDOW_BYTES  ((size_t)(1 * MIB))
#define WINDOWS_BYTES ((size_t)(8 * MIB))
#define CACHE_BYTES   ((ssize_t)(4 * MIB))

#define OBJECTS	   "GIT_OBJECT_DIRECTORY="
#define ALTERNATES "GIT_ALTERNATE_OBJECT_DIRECTORIES="

int repo_fail(struct error *err, const char *format, ...)
{
	const git_error *last = git_error_last();
	enum error_kind kind = ERROR_INPUT;
	char text[LIMIT_PEER_TEXT];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (!last)
		return error_set(err, kind, "%s", text);
	if (last->klass == GIT_ERROR_NOMEMORY)
		kind = ERROR_MEMORY;
	else if (last->klass == GIT_ERROR_OS)
		kind = ERROR_SYSTEM;
	return error_set(err, kind, "%s: %.*s", text, LIMIT_PEER_TEXT, last->message);
}

int repo_parse_oid(const char *text, git_oid *ret_oid, struct error *err)
{
	if (!str_is_hex(text, GIT_OID_HEXSZ) || git_oid_fromstr(ret_oid, text))
		return error_set(err, ERROR_INPUT, "'%s' is not the full name of an object", text);
	return 0;
}

int repo_fail_missing(struct git_repo *repo, const git_oid *oid, struct error *err)
{
	AUTOFREE char *partial = NULL;
	char name[GIT_OID_HEXSZ + 1];

	if (repo_get_setting(repo, "extensions.partialclone", &partial, err))
		return -1;
	error_set(err, ERROR_INPUT, "object %s is not in the repository",
		  git_oid_tostr(name, sizeof(name), oid));
	if (partial)
		return error_hint(err, "the clone is partial: 'git fetch --refetch --no-filter' "
				       "brings all of it");
	return error_hint(err, "'git fsck' lists what is missing, 'git fetch --refetch' brings it");
}

bool repo_is_safe_name(const char *name)
{
	static const char forbidden[] = ".git";
	size_t i = 0;

	if (!*name || !strcmp(name, ".") || !strcmp(name, "..") || strchr(name, '/'))
		return false;
	while (forbidden[i] && tolower((unsigned char)name[i]) == forbidden[i])
		i++;
	return forbidden[i] || name[i];
}

static void limit_memory(void)
{
	static const char *extensions[] = { "worktreeconfig", "partialclone", "preciousobjects",
					    "relativeworktrees" };

	git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, WINDOW_BYTES);
	git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, WINDOWS_BYTES);
	git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, CACHE_BYTES);
	/* We check the owner ourselves: libgit2 before 1.7 knows no "*". */
	git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
	/* None of these changes how objects and refs are read. */
	git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions, ARRAY_SIZE(extensions));
}

/* Says why there is no repository at `place`, with what its config tells. */
static int explain(const char *place, const char *ceilings, bool is_git_folder, struct error *err)
{
	AUTO(git_buf_dispose) git_buf found = { 0 }, format = { 0 };
	AUTOFREE char *path = NULL;
	git_config *config = NULL;
	bool is_other;

	repo_fail(err, "cannot open the repository of '%s'", place);
	if (git_repository_discover(&found, place, 0, ceilings)) {
		error_set(err, ERROR_INPUT, "not a git repository%s: '%s'",
			  is_git_folder ? "" : " (or any parent)", place);
		return error_hint(err, "'git init' makes one");
	}
	path = path_join(found.ptr, "config", err);
	if (!path)
		return -1;
	is_other = !git_config_open_ondisk(&config, path) &&
		   !git_config_get_string_buf(&format, config, "extensions.objectformat") &&
		   !str_equal(format.ptr, "sha1");
	git_config_free(config);
	if (is_other) {
		error_set(err, ERROR_INPUT, "the repository '%s' names its objects by %s", place,
			  format.ptr);
		error_hint(err, "only repositories with SHA-1 names are supported");
	}
	return -1;
}

static int open_handle(const char *path, git_repository **ret_handle, struct error *err)
{
	const char *variable = path ? NULL : getenv("GIT_DIR");
	const char *ceilings = path ? NULL : getenv("GIT_CEILING_DIRECTORIES");
	const char *crossing = path ? NULL : getenv("GIT_DISCOVERY_ACROSS_FILESYSTEM");
	bool is_crossing = false;
	char here[PATH_MAX];
	unsigned flags = 0;

	if (variable) {
		path = variable;
		flags |= GIT_REPOSITORY_OPEN_NO_SEARCH | GIT_REPOSITORY_OPEN_NO_DOTGIT;
	} else if (!path) {
		path = getcwd(here, sizeof(here));
		if (!path)
			return error_set_errno(err, errno, "there is no working directory");
	}
	if (crossing && str_to_bool(crossing, &is_crossing) && is_crossing)
		flags |= GIT_REPOSITORY_OPEN_CROSS_FS;
	if (git_repository_open_ext(ret_handle, path, flags, ceilings))
		return explain(path, ceilings, variable, err);
	return 0;
}

static char *folder_of(const char *path, struct error *err)
{
	struct slice folder = slice_of(path);

	while (folder.len > 1 && folder.data[folder.len - 1] == '/')
		folder.len--;
	return str_copy_slice(folder, err);
}

static int set_folders(struct git_repo *repo, const char *work_tree, struct error *err)
{
	const char *folder;

	if (work_tree && git_repository_set_workdir(repo->handle, work_tree, 0))
		return repo_fail(err, "cannot use the work tree '%s'", work_tree);
	repo->git_folder = folder_of(git_repository_path(repo->handle), err);
	repo->common_folder = folder_of(git_repository_commondir(repo->handle), err);
	if (!repo->git_folder || !repo->common_folder)
		return -1;
	folder = git_repository_workdir(repo->handle);
	if (folder && !(repo->work_folder = folder_of(folder, err)))
		return -1;
	return 0;
}

/* Objects of a push that a hook looks at stand in a folder of their own. */
static int add_objects(struct git_repo *repo, const char *objects, const char *alternates,
		       struct error *err)
{
	struct slice rest = slice_of(alternates), part;

	if (objects) {
		repo->object_variable = str_format(err, OBJECTS "%s", objects);
		if (!repo->object_variable)
			return -1;
		if (git_odb_add_disk_alternate(repo->odb, objects))
			return repo_fail(err, "cannot open the objects in '%s'", objects);
	}
	if (!alternates)
		return 0;
	repo->alternate_variable = str_format(err, ALTERNATES "%s", alternates);
	if (!repo->alternate_variable)
		return -1;
	while (slice_cut(&rest, ':', &part)) {
		AUTOFREE char *folder = str_copy_slice(part, err);

		if (!folder)
			return -1;
		if (part.len && git_odb_add_disk_alternate(repo->odb, folder))
			return repo_fail(err, "cannot open the objects in '%s'", folder);
	}
	return 0;
}

static int open_objects(struct git_repo *repo, const char *objects, const char *alternates,
			struct error *err)
{
	if (git_repository_odb(&repo->odb, repo->handle))
		return repo_fail(err, "cannot open the objects of '%s'", repo->common_folder);
	return add_objects(repo, objects, alternates, err);
}

int repo_open(const char *path, struct git_repo **ret_repo, struct error *err)
{
	AUTO(repo_freep) struct git_repo *repo = calloc(1, sizeof(*repo));
	bool is_named = !path && getenv("GIT_DIR");

	if (!repo)
		return error_set_memory(err);
	if (libgit2_start(err))
		return -1;
	limit_memory();
	if (open_handle(path, &repo->handle, err) ||
	    set_folders(repo, path ? NULL : getenv("GIT_WORK_TREE"), err) ||
	    settings_open(repo, err))
		return -1;
	/* Who names the folder trusts it: git checks only what it found. */
	if (!is_named && settings_check_owner(repo, err))
		return -1;
	if (settings_add_repository(repo, err) ||
	    open_objects(repo, getenv("GIT_OBJECT_DIRECTORY"),
			 getenv("GIT_ALTERNATE_OBJECT_DIRECTORIES"), err))
		return -1;
	*ret_repo = TAKE(repo);
	return 0;
}

static const char *value_of(const char *variable)
{
	return variable ? strchr(variable, '=') + 1 : NULL;
}

/* Not said unless it must be: libgit2 1.5 forgets some memory then. */
static const char *unlike(const char *work_folder, git_repository *handle)
{
	const char *found = git_repository_workdir(handle);
	size_t len = work_folder ? strlen(work_folder) : 0;

	if (found && len && !strncmp(found, work_folder, len) && !strcmp(found + len, "/"))
		return NULL;
	return work_folder;
}

int repo_open_again(const struct git_repo *like, struct git_repo **ret_repo, struct error *err)
{
	AUTO(repo_freep) struct git_repo *repo = calloc(1, sizeof(*repo));
	const unsigned flags = GIT_REPOSITORY_OPEN_NO_SEARCH | GIT_REPOSITORY_OPEN_NO_DOTGIT;

	if (!repo)
		return error_set_memory(err);
	if (libgit2_start(err))
		return -1;
	if (git_repository_open_ext(&repo->handle, like->git_folder, flags, NULL))
		return repo_fail(err, "cannot open '%s' once more", like->git_folder);
	if (set_folders(repo, unlike(like->work_folder, repo->handle), err) ||
	    settings_open_like(like, repo, err) || settings_add_repository(repo, err) ||
	    open_objects(repo, value_of(like->object_variable), value_of(like->alternate_variable),
			 err))
		return -1;
	*ret_repo = TAKE(repo);
	return 0;
}

int repo_open_none(struct git_repo **ret_repo, struct error *err)
{
	AUTO(repo_freep) struct git_repo *repo = calloc(1, sizeof(*repo));

	if (!repo)
		return error_set_memory(err);
	if (libgit2_start(err) || settings_open(repo, err))
		return -1;
	*ret_repo = TAKE(repo);
	return 0;
}

void repo_free(struct git_repo *repo)
{
	if (!repo)
		return;
	cat_file_free(repo->cat_file);
	git_odb_free(repo->odb);
	git_config_free(repo->config);
	git_repository_free(repo->handle);
	strv_release(&repo->setting_keys);
	strv_release(&repo->setting_values);
	free(repo->alternate_variable);
	free(repo->object_variable);
	free(repo->work_folder);
	free(repo->common_folder);
	free(repo->git_folder);
	free(repo);
	git_libgit2_shutdown();
}

void repo_freep(struct git_repo **repo)
{
	repo_free(*repo);
}

const char *repo_git_folder(const struct git_repo *repo)
{
	return repo->git_folder;
}

const char *repo_common_folder(const struct git_repo *repo)
{
	return repo->common_folder;
}

const char *repo_work_folder(const struct git_repo *repo)
{
	return repo->work_folder;
}

bool repo_is_shallow(const struct git_repo *repo)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/shallow", repo->common_folder);
	return !stat(path, &st) && st.st_size > 0;
}

bool repo_is_rebasing(const struct git_repo *repo)
{
	static const char *const folders[] = { "rebase-merge", "rebase-apply", "sequencer" };
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		snprintf(path, sizeof(path), "%s/%s", repo->git_folder, folders[i]);
		if (path_exists(path))
			return true;
	}
	return false;
}

int repo_branch(struct git_repo *repo, char **ret_branch, struct error *err)
{
	AUTO(repo_reference_freep) git_reference *head = NULL;
	const char *target;
	char *branch = NULL;

	if (git_reference_lookup(&head, repo->handle, "HEAD"))
		return repo_fail(err, "cannot read HEAD");
	target = git_reference_symbolic_target(head);
	if (target && str_starts(target, "refs/heads/") &&
	    !(branch = str_copy(target + strlen("refs/heads/"), err)))
		return -1;
	*ret_branch = branch;
	return 0;
}
