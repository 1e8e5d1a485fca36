/* SPDX-License-Identifier: MIT */
#include "flow/config/configure.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/path.h"
#include "base/process.h"
#include "base/str.h"
#include "flow/config/folders.h"
#include "git/blob.h"
#include "git/config.h"
#include "git/tree.h"
#include "image/reference.h"

#define TREE_FILE_NAME ".gitimage"
#define SECRET_SECTION "imagesecret" /* as git gives it: in lower case */

struct reading {
	struct configuration *configuration;
	struct event_sink *sink;
	enum settings_source source;
};

/* The section of ours that another one may be a slip for; NULL: none. The user's configuration
 * has those of other programs: there only one slip counts. */
static const char *find_section(const char *given, enum settings_source source)
{
	static const char *const sections[] = { "image", "imageSecret" };
	unsigned least = source == SETTINGS_TREE ? UINT_MAX : 2;
	const char *nearest = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		if (str_is_nearer(given, sections[i], &least))
			nearest = sections[i];
	return nearest;
}

/* In a tree by the section's own line, else by each of its keys. */
static void warn_section(const struct reading *reading, const struct config_entry *found,
			 const char *where)
{
	const char *nearest = find_section(found->section, reading->source);

	if (reading->source == SETTINGS_TREE && !*found->name)
		event_warning(reading->sink, "%s: unknown section '%s'%s%s%s", where,
			      found->section, nearest ? ", did you mean '" : "",
			      nearest ? nearest : "", nearest ? "'?" : "");
	else if (reading->source != SETTINGS_TREE && nearest)
		event_warning(reading->sink, "unknown key '%s.%s%s%s', did you mean '%s'?",
			      found->section, found->subsection ? found->subsection : "",
			      found->subsection ? "." : "", found->name, nearest);
}

static int add_entry(void *arg, const struct config_entry *found, struct error *err)
{
	struct reading *reading = arg;
	char where[64];
	struct setting_entry entry = {
		.source = reading->source,
		.subsection = found->subsection,
		.key = found->name,
		.value = found->value,
		.where = reading->source == SETTINGS_TREE ? where : NULL,
		.has_unquoted_comment = found->has_unquoted_comment,
	};

	snprintf(where, sizeof(where), TREE_FILE_NAME ":%d", found->line);
	if (!strcmp(found->section, SECRET_SECTION) && *found->name)
		return configuration_add_answer(reading->configuration, &entry, reading->sink, err);
	if (strcmp(found->section, "image") != 0) {
		if (strcmp(found->section, SECRET_SECTION) != 0)
			warn_section(reading, found, where);
		return 0;
	}
	if (!*found->name)
		return found->subsection ? configuration_add_image(reading->configuration,
								   found->subsection, where, err)
					 : 0;
	return configuration_add(reading->configuration, &entry, reading->sink, err);
}

static int read_tree(struct run *run, struct reading *reading, struct error *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_CONFIG_FILE);
	struct tree_entry entry;

	if (tree_find(run->repo, run->commit.tree, TREE_FILE_NAME, &entry, err)) {
		if (!error_is(err, ERROR_NOT_FOUND))
			return -1;
		error_clear(err);
		return 0;
	}
	if (entry.kind != TREE_FILE && entry.kind != TREE_EXECUTABLE)
		return error_set(err, ERROR_INPUT, "'%s' in commit %.7s is not a regular file",
				 TREE_FILE_NAME, run->commit.sha);
	if (blob_read(run->repo, entry.oid, &text, err) ||
	    config_parse(buf_slice(&text), add_entry, reading, err))
		return error_wrap(err, "'%s' in commit %.7s", TREE_FILE_NAME, run->commit.sha);
	return 0;
}

static int read_user(struct git_repo *repo, struct reading *reading, struct error *err)
{
	reading->source = SETTINGS_USER;
	if (config_read_user(repo, NULL, add_entry, reading, err))
		return -1;
	return configuration_add_environment(reading->configuration, reading->sink, err);
}

int configure_read_user(struct event_sink *sink, struct configuration *ret_configuration,
			struct error *err)
{
	AUTO(configuration_release) struct configuration configuration = { 0 };
	struct reading reading = { &configuration, sink, SETTINGS_USER };
	AUTO(repo_freep) struct git_repo *repo = NULL;

	if (repo_open(NULL, &repo, err)) {
		if (!error_is(err, ERROR_INPUT))
			return -1;
		error_clear(err);
	}
	process_scrub_environment();
	if (read_user(repo, &reading, err) || configuration_hide_secrets(&configuration, err))
		return -1;
	*ret_configuration = configuration;
	configuration = (struct configuration){ 0 };
	return 0;
}

int configure_user(struct event_sink *sink, struct settings *ret_settings, struct error *err)
{
	AUTO(configuration_release) struct configuration configuration = { 0 };

	return configure_read_user(sink, &configuration, err)
		       ? -1
		       : settings_resolve(&configuration, NULL, ret_settings, err);
}

int configure_read(struct run *run, struct configuration *ret_configuration, struct error *err)
{
	AUTO(configuration_release) struct configuration configuration = { 0 };
	struct reading reading = { &configuration, run->sink, SETTINGS_TREE };

	if (read_tree(run, &reading, err) || read_user(run->repo, &reading, err) ||
	    folders_find(run, &configuration, err))
		return -1;
	*ret_configuration = configuration;
	configuration = (struct configuration){ 0 };
	return 0;
}

/* "git@host:owner/app.git" and "https://host/owner/app/" give "owner/app". */
static char *remote_path(const char *url, struct error *err)
{
	const char *scheme = strstr(url, "://"), *path;
	struct slice slice;

	if (scheme)
		path = strchr(scheme + 3, '/');
	else
		path = strchr(url, ':');
	if (!path || (!scheme && (strchr(url, '/') && strchr(url, '/') < path)))
		return NULL; /* a folder */
	if (scheme && str_starts(url, "file:"))
		return NULL;
	slice = slice_of(path);
	while (slice.len && (slice.data[0] == '/' || slice.data[0] == ':' || slice.data[0] == '~'))
		slice = slice_skip(slice, 1);
	while (slice.len && slice.data[slice.len - 1] == '/')
		slice.len--;
	if (slice.len > 4 && !memcmp(slice.data + slice.len - 4, ".git", 4))
		slice.len -= 4;
	return slice.len ? str_copy_slice(slice, err) : NULL;
}

/* Of a linked work tree that of the main one; NULL without memory. A repository that hides
 * inside of a folder (".git", ".bare") is called like it. */
static char *find_folder(struct git_repo *repo, bool is_linked, struct error *err)
{
	const char *work = repo_work_folder(repo), *common = repo_common_folder(repo);
	AUTOFREE char *outer = NULL;

	if (work && !is_linked)
		return path_clean(work, err);
	if (!is_linked || path_base(common)[0] != '.')
		return path_clean(common, err);
	outer = path_join(common, "..", err);
	return outer ? path_clean(outer, err) : NULL;
}

/* The folder of the work tree, or of a bare "app.git". */
static char *folder_name(struct git_repo *repo, struct error *err)
{
	const char *work = repo_work_folder(repo);
	bool is_linked = work && strcmp(repo_common_folder(repo), repo_git_folder(repo)) != 0;
	AUTOFREE char *folder = find_folder(repo, is_linked, err);
	struct slice name;

	if (!folder)
		return NULL;
	name = slice_of(path_base(folder));
	if ((!work || is_linked) && name.len > 4 && str_ends(folder, ".git"))
		name.len -= 4;
	return str_copy_slice(name, err);
}

static char *default_name(struct git_repo *repo, const struct settings *settings, struct error *err)
{
	AUTOFREE char *url = NULL, *path = NULL;

	if (repo_remote_url(repo, "origin", &url, err))
		return NULL;
	path = url ? remote_path(url, err) : NULL;
	if (error_is(err, ERROR_MEMORY))
		return NULL;
	if (!path)
		return folder_name(repo, err);
	if (settings->registry && strchr(settings->registry, '/'))
		return str_copy(path_base(path), err);
	return TAKE(path);
}

/* Each part of it as a repository's is, so that it can be a path and a tag. */
static void add_clean(struct buf *out, const char *path)
{
	for (const char *c = path; *c; c++) {
		bool is_apart = !out->len || !isalnum((unsigned char)out->data[out->len - 1]);

		if (isalnum((unsigned char)*c))
			buf_add_char(out, (char)tolower((unsigned char)*c));
		else if (!is_apart)
			buf_add_char(out, strchr("/._", *c) ? *c : '-');
		else if (*c == '/' && out->len)
			out->data[out->len - 1] = '/';
	}
	while (out->len && !isalnum((unsigned char)out->data[out->len - 1]))
		buf_truncate(out, out->len - 1);
}

char *name_for_path(const char *name, struct error *err)
{
	AUTO(buf_release) struct buf clean = BUF_INIT(LIMIT_PATH);

	add_clean(&clean, name);
	return buf_check(&clean, "a name", err) ? NULL
						: str_copy(clean.len ? clean.data : "unnamed", err);
}

char *name_project(struct git_repo *repo, struct error *err)
{
	static const struct settings none = { 0 };
	AUTOFREE char *path = default_name(repo, &none, err);

	return path ? name_for_path(path, err) : NULL;
}

int name_repository(struct git_repo *repo, const char *section, const struct settings *settings,
		    struct image_name *ret_name, struct error *err)
{
	AUTO(reference_release) struct reference reference = { 0 };
	AUTOFREE char *name = section ? str_copy(section, err) : default_name(repo, settings, err);
	AUTOFREE char *repository = NULL;

	if (!name)
		return -1;
	if (settings->repository)
		repository = str_copy(settings->repository, err);
	else if (settings->registry)
		repository = path_join(settings->registry, name, err);
	else
		repository = str_copy(name, err);
	if (!repository)
		return -1;
	if (reference_parse(repository, &reference, err)) {
		error_wrap(err, "the image '%s' cannot be called '%s'", name, repository);
		return error_hint(err, "git config image.%s%srepository NAME",
				  section ? section : "", section ? "." : "");
	}
	if (reference.tag || reference.digest)
		return error_set(
			err, ERROR_INPUT,
			"image.repository '%s' holds a tag or digest; git-image sets the tag",
			repository);
	*ret_name = (struct image_name){ TAKE(name), TAKE(repository) };
	return 0;
}
