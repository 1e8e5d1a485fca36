/* SPDX-License-Identifier: MIT */
#include "git/settings.h"

#include <ctype.h>
#include <git2/sys/repository.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/path.h"

/* GIT_CONFIG_COUNT is checked by git too; more is a mistake. */
#define COUNT_MAX 10000

/* Section and name in lower case, the subsection as it is. */
static char *canonical_key(struct slice key, struct error *err)
{
	char *copy = str_copy_slice(key, err);
	char *first, *last;

	if (!copy)
		return NULL;
	first = strchr(copy, '.');
	last = strrchr(copy, '.');
	for (char *p = copy; *p; p++)
		if (p <= first || p >= last)
			*p = (char)tolower((unsigned char)*p);
	return copy;
}

/* A key without a value is true, as in a file. */
static int add_setting(struct git_repo *repo, struct slice key, const char *value,
		       struct error *err)
{
	if (!memchr(key.data, '.', key.len))
		return error_set(err, ERROR_INPUT, "'%.*s' is no configuration key", (int)key.len,
				 key.data);
	if (strv_add_taken(&repo->setting_keys, canonical_key(key, err), err))
		return -1;
	return strv_add(&repo->setting_values, value ? value : "true", err);
}

static int read_counted(struct git_repo *repo, struct error *err)
{
	const char *count = getenv("GIT_CONFIG_COUNT");
	int64_t len = 0;

	if (!count || !*count)
		return 0;
	if (!str_to_int(count, 0, COUNT_MAX, &len))
		return error_set(err, ERROR_INPUT, "GIT_CONFIG_COUNT is no number: '%s'", count);
	for (int i = 0; i < (int)len; i++) {
		char name[40];
		const char *key, *value;

		snprintf(name, sizeof(name), "GIT_CONFIG_KEY_%d", i);
		key = getenv(name);
		snprintf(name, sizeof(name), "GIT_CONFIG_VALUE_%d", i);
		value = getenv(name);
		if (!key || !value)
			return error_set(
				err, ERROR_INPUT,
				"GIT_CONFIG_KEY_%d and GIT_CONFIG_VALUE_%d belong together", i, i);
		if (add_setting(repo, slice_of(key), value, err))
			return -1;
	}
	return 0;
}

/* One word as git's shell quoting writes it: '...', and \' or \! outside. */
static bool unquote_word(const char **text, struct buf *word)
{
	const char *p = *text;

	buf_reset(word);
	if (*p != '\'')
		return false;
	do {
		for (p++; *p && *p != '\''; p++)
			buf_add_char(word, *p);
		if (*p != '\'')
			return false;
		p++;
		while (*p == '\\' && (p[1] == '\'' || p[1] == '!')) {
			buf_add_char(word, p[1]);
			p += 2;
		}
	} while (*p == '\'');
	*text = p;
	return true;
}

/* One of 'key'='value' 'key'= 'key=value' 'key', as `git -c` passes them on. */
static int read_parameter(struct git_repo *repo, const char **text, struct error *err)
{
	AUTO(buf_release) struct buf key = BUF_INIT(1 * MIB), value = BUF_INIT(1 * MIB);
	struct slice rest, name;
	bool is_good = unquote_word(text, &key), has_value = false;

	if (is_good && **text == '=') {
		(*text)++;
		has_value = **text == '\'';
		is_good = !has_value || unquote_word(text, &value);
		name = buf_slice(&key);
	} else {
		rest = buf_slice(&key);
		is_good = is_good && slice_cut(&rest, '=', &name);
		has_value = is_good && name.len < key.len;
		if (has_value)
			buf_add_slice(&value, rest);
	}
	if (!is_good)
		return error_set(err, ERROR_INPUT, "GIT_CONFIG_PARAMETERS is malformed");
	if (buf_check(&key, "a setting", err) || buf_check(&value, "a setting", err))
		return -1;
	return add_setting(repo, name, has_value ? value.data : NULL, err);
}

static int read_parameters(struct git_repo *repo, struct error *err)
{
	const char *text = getenv("GIT_CONFIG_PARAMETERS");

	while (text && *(text += strspn(text, " \t\n")))
		if (read_parameter(repo, &text, err))
			return -1;
	return 0;
}

static int add_file(struct git_repo *repo, const char *path, git_config_level_t level,
		    struct error *err)
{
	if (git_config_add_file_ondisk(repo->config, path, level, repo->handle, 0))
		return repo_fail(err, "cannot read the configuration '%s'", path);
	return 0;
}

/* One that others keep for us: unreadable or absent counts as empty. */
static int add_foreign(struct git_repo *repo, const char *path, git_config_level_t level,
		       struct error *err)
{
	return path && !access(path, R_OK) ? add_file(repo, path, level, err) : 0;
}

static int add_system(struct git_repo *repo, struct error *err)
{
	AUTO(git_buf_dispose) git_buf found = { 0 };
	const char *path = getenv("GIT_CONFIG_SYSTEM");
	const char *without = getenv("GIT_CONFIG_NOSYSTEM");
	bool is_without = false;

	if (without && str_to_bool(without, &is_without) && is_without)
		return 0;
	if (!path && !git_config_find_system(&found))
		path = found.ptr;
	return add_foreign(repo, path, GIT_CONFIG_LEVEL_SYSTEM, err);
}

static int add_global(struct git_repo *repo, struct error *err)
{
	AUTO(git_buf_dispose) git_buf xdg = { 0 }, global = { 0 };
	const char *path = getenv("GIT_CONFIG_GLOBAL");

	if (path)
		return add_foreign(repo, path, GIT_CONFIG_LEVEL_GLOBAL, err);
	if (!git_config_find_xdg(&xdg) && add_foreign(repo, xdg.ptr, GIT_CONFIG_LEVEL_XDG, err))
		return -1;
	if (git_config_find_global(&global))
		return 0;
	return add_foreign(repo, global.ptr, GIT_CONFIG_LEVEL_GLOBAL, err);
}

static int open_files(struct git_repo *repo, struct error *err)
{
	if (git_config_new(&repo->config))
		return repo_fail(err, "cannot read the configuration");
	return add_system(repo, err) || add_global(repo, err) ? -1 : 0;
}

int settings_open(struct git_repo *repo, struct error *err)
{
	if (open_files(repo, err))
		return -1;
	return read_counted(repo, err) || read_parameters(repo, err) ? -1 : 0;
}

int settings_open_like(const struct git_repo *like, struct git_repo *repo, struct error *err)
{
	if (open_files(repo, err))
		return -1;
	if (strv_copy(&repo->setting_keys, &like->setting_keys, err) ||
	    strv_copy(&repo->setting_values, &like->setting_values, err))
		return -1;
	return 0;
}

int settings_add_repository(struct git_repo *repo, struct error *err)
{
	AUTOFREE char *common = path_join(repo->common_folder, "config", err);
	AUTOFREE char *own = path_join(repo->git_folder, "config.worktree", err);
	int has_own = 0;

	if (!common || !own || add_file(repo, common, GIT_CONFIG_LEVEL_LOCAL, err))
		return -1;
	/* The level "worktree" is newer than the libgit2 we support. */
	if (!git_config_get_bool(&has_own, repo->config, "extensions.worktreeconfig") && has_own &&
	    add_file(repo, own, GIT_CONFIG_LEVEL_APP, err))
		return -1;
	if (git_repository_set_config(repo->handle, repo->config))
		return repo_fail(err, "cannot use the configuration");
	return 0;
}

int repo_get_setting(struct git_repo *repo, const char *key, char **ret_value, struct error *err)
{
	AUTO(git_buf_dispose) git_buf found = { 0 };
	const char *value = NULL;
	char *copy = NULL;
	int status;

	for (size_t i = 0; i < repo->setting_keys.len; i++)
		if (!strcmp(repo->setting_keys.items[i], key))
			value = repo->setting_values.items[i];
	if (!value) {
		status = git_config_get_string_buf(&found, repo->config, key);
		if (status && status != GIT_ENOTFOUND)
			return repo_fail(err, "cannot read '%s'", key);
		value = status ? NULL : found.ptr;
	}
	if (value && !(copy = str_copy(value, err)))
		return -1;
	*ret_value = copy;
	return 0;
}

/* git: the user's own, or with sudo the caller's. */
static bool is_own(const char *path)
{
	const char *sudo = getenv("SUDO_UID");
	uid_t user = geteuid();
	struct stat st;
	int64_t caller;

	if (lstat(path, &st))
		return true; /* not there, so nobody else's */
	if (st.st_uid == user)
		return true;
	return !user && sudo && str_to_int(sudo, 0, UINT32_MAX, &caller) &&
	       st.st_uid == (uid_t)caller;
}

struct trust {
	const char *folder; /* absolute, no symlinks */
	bool is_trusted;
};

/* One value of safe.directory: "" forgets the earlier ones, "*" is any, a
 * folder with "*" as its last component all that is below it. */
static void apply_trust(struct trust *trust, const char *value)
{
	char expanded[PATH_MAX], resolved[PATH_MAX];
	const char *home = getenv("HOME");
	bool is_prefix;
	size_t len;

	if (!*value || !strcmp(value, "*")) {
		trust->is_trusted = *value;
		return;
	}
	if (value[0] == '~' && value[1] == '/' && home)
		snprintf(expanded, sizeof(expanded), "%s%s", home, value + 1);
	else
		snprintf(expanded, sizeof(expanded), "%s", value);
	is_prefix = str_ends(expanded, "/*");
	if (is_prefix)
		expanded[strlen(expanded) - 2] = '\0';
	if (expanded[0] != '/' || !realpath(expanded, resolved))
		return;
	len = strlen(resolved);
	if (is_prefix ? str_starts(trust->folder, resolved) && trust->folder[len] == '/'
		      : !strcmp(trust->folder, resolved))
		trust->is_trusted = true;
}

static int read_trust(const git_config_entry *entry, void *arg)
{
	apply_trust(arg, entry->value ? entry->value : "");
	return 0;
}

int settings_check_owner(struct git_repo *repo, struct error *err)
{
	const char *folder = repo->work_folder ? repo->work_folder : repo->git_folder;
	AUTOFREE char *link = path_join(folder, repo->work_folder ? ".git" : "", err);
	struct trust trust = { 0 };
	char resolved[PATH_MAX];

	if (!link)
		return -1;
	if (is_own(folder) && is_own(link) && is_own(repo->git_folder))
		return 0;
	trust.folder = realpath(folder, resolved) ? resolved : folder;
	/* Not set is no error here. */
	(void)git_config_get_multivar_foreach(repo->config, "safe.directory", NULL, read_trust,
					      &trust);
	for (size_t i = 0; i < repo->setting_keys.len; i++)
		if (!strcmp(repo->setting_keys.items[i], "safe.directory"))
			apply_trust(&trust, repo->setting_values.items[i]);
	if (trust.is_trusted)
		return 0;
	error_set(err, ERROR_INPUT, "the repository '%s' belongs to another user", folder);
	return error_hint(err, "if you trust it: git config --global --add safe.directory '%s'",
			  folder);
}
