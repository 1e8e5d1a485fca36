/* SPDX-License-Identifier: MIT */
#include "flow/survey.h"

#include <ctype.h>
#include <string.h>

#include "base/path.h"
#include "git/worktree.h"

/* A start names no more; what else there is has to be written by hand. */
#define NAMES_MAX 100

void survey_release(struct survey *survey)
{
	strv_release(&survey->dockerfiles);
	strv_release(&survey->names);
	strv_release(&survey->tests);
	free(survey->folders);
	free(survey->registry);
	free(survey->branch);
	*survey = (struct survey){ 0 };
}

static bool is_test(const struct worktree_file *file)
{
	static const char *const names[] = { "test.sh",	  "tests.sh", "run-tests.sh",
					     "run-tests", "smoke.sh", "smoke-test.sh" };
	const char *name = path_base(file->path);
	bool is_run = !strcmp(name, "run.sh") || !strcmp(name, "run");

	if (file->kind != TREE_EXECUTABLE)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return is_run && (str_starts(file->path, "test") || strstr(file->path, "/test"));
}

static int look_at(struct survey *survey, const struct worktree_file *file, struct error *err)
{
	bool is_file = file->kind == TREE_FILE || file->kind == TREE_EXECUTABLE;

	if (is_file && !strcmp(path_base(file->path), "Dockerfile") &&
	    survey->dockerfiles.len < NAMES_MAX)
		return strv_add(&survey->dockerfiles, file->path, err);
	if (is_test(file) && survey->tests.len < NAMES_MAX)
		return strv_add(&survey->tests, file->path, err);
	return 0;
}

static int read_files(struct git_repo *repo, struct survey *survey, struct error *err)
{
	AUTO(worktree_walk_freep) struct worktree_walk *walk = NULL;
	struct worktree_file file;
	int status;

	if (worktree_walk_open(repo, "", &walk, err))
		return -1;
	while ((status = worktree_walk_next(walk, &file, err)) > 0)
		if (look_at(survey, &file, err))
			return -1;
	return status;
}

/* The folder of a Dockerfile; empty at the root. */
static struct slice folder_of(const char *dockerfile)
{
	const char *slash = strrchr(dockerfile, '/');

	return (struct slice){ dockerfile, slash ? (size_t)(slash - dockerfile) : 0 };
}

/* What a path ends with. */
static struct slice last_part(struct slice path)
{
	size_t at = path.len;

	while (at && path.data[at - 1] != '/')
		at--;
	return slice_skip(path, at);
}

/* As the name of an image may be: small letters and digits, single dashes between. */
static char *make_name(struct slice text, struct error *err)
{
	AUTO(buf_release) struct buf name = BUF_INIT(LIMIT_PATH);

	for (size_t i = 0; i < text.len; i++) {
		int c = tolower((unsigned char)text.data[i]);

		if (isalnum(c) && isascii(c))
			buf_add_char(&name, (char)c);
		else if (name.len && name.data[name.len - 1] != '-')
			buf_add_char(&name, '-');
	}
	while (name.len && name.data[name.len - 1] == '-')
		buf_truncate(&name, name.len - 1);
	if (!name.len)
		buf_add_text(&name, "app");
	return buf_check(&name, "a name", err) ? NULL : buf_take(&name);
}

/* The last part of the folder's path; all of it if another image has that name. */
static int name_image(struct survey *survey, const char *project, const char *dockerfile,
		      struct error *err)
{
	struct slice folder = folder_of(dockerfile);
	AUTOFREE char *name = NULL;

	if (survey->dockerfiles.len == 1 && !folder.len)
		return strv_add(&survey->names, "", err);
	name = make_name(folder.len ? last_part(folder) : slice_of(project), err);
	if (name && strv_has(&survey->names, name)) {
		free(name);
		name = make_name(folder, err);
	}
	return name ? strv_add(&survey->names, name, err) : -1;
}

/* Several beside each other are images by their folders, if these can be names. */
static int find_folders(struct survey *survey, struct error *err)
{
	struct slice first = { "", 0 };

	for (size_t i = 0; i < survey->dockerfiles.len; i++) {
		struct slice folder = folder_of(survey->dockerfiles.items[i]);
		struct slice name = last_part(folder),
			     place = { folder.data, folder.len - name.len };

		if (!i)
			first = place;
		if (!place.len || !slice_equal(place, first) ||
		    !slice_is(name, survey->names.items[i]))
			return 0;
	}
	if (survey->dockerfiles.len < 2)
		return 0;
	survey->folders = str_format(err, "%.*s*", (int)first.len, first.data);
	return survey->folders ? 0 : -1;
}

static int find_images(struct git_repo *repo, struct survey *survey, struct error *err)
{
	const char *project = path_base(repo_work_folder(repo));

	for (size_t i = 0; i < survey->dockerfiles.len; i++)
		if (name_image(survey, project, survey->dockerfiles.items[i], err))
			return -1;
	return find_folders(survey, err);
}

/* "https://github.com/owner/app" has its images at ghcr.io/owner. */
static int guess_registry(struct git_repo *repo, struct survey *survey, struct error *err)
{
	static const struct {
		const char *site, *registry;
	} forges[] = {
		{ "://github.com/", "ghcr.io" },
		{ "://gitlab.com/", "registry.gitlab.com" },
		{ "://codeberg.org/", "codeberg.org" },
	};
	AUTOFREE char *url = NULL, *shown = NULL;

	if (repo_remote_url(repo, "origin", &url, err))
		return -1;
	shown = url ? repo_url_without_credentials(url, err) : str_copy("", err);
	if (!shown)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(forges); i++) {
		const char *found = strstr(shown, forges[i].site);
		const char *owner = found ? found + strlen(forges[i].site) : NULL;

		if (!owner || !strchr(owner, '/'))
			continue;
		survey->registry = str_format(err, "%s/%.*s", forges[i].registry,
					      (int)strcspn(owner, "/"), owner);
		return survey->registry ? 0 : -1;
	}
	return 0;
}

/* A branch that is worked on is not meant to be deployed. */
static int guess_branch(struct git_repo *repo, struct survey *survey, struct error *err)
{
	static const char *const names[] = { "main", "master", "trunk" };
	AUTOFREE char *branch = NULL;

	if (repo_branch(repo, &branch, err))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_equal(branch, names[i]))
			survey->branch = TAKE(branch);
	return 0;
}

int survey_read(struct git_repo *repo, struct survey *ret_survey, struct error *err)
{
	AUTO(survey_release) struct survey survey = { 0 };

	if (read_files(repo, &survey, err) || find_images(repo, &survey, err) ||
	    guess_registry(repo, &survey, err) || guess_branch(repo, &survey, err))
		return -1;
	*ret_survey = survey;
	survey = (struct survey){ 0 };
	return 0;
}

/* As git quotes a value. */
static void add_quoted(struct buf *text, struct slice value)
{
	buf_add_char(text, '"');
	for (size_t i = 0; i < value.len; i++) {
		if (value.data[i] == '"' || value.data[i] == '\\')
			buf_add_char(text, '\\');
		buf_add_char(text, value.data[i]);
	}
	buf_add_char(text, '"');
}

static void add_image(const char *name, const char *dockerfile, struct buf *text)
{
	struct slice folder = folder_of(dockerfile);

	if (!name[0])
		return;
	buf_add_format(text, "\n[image \"%s\"]\n\tcontext = ", name);
	add_quoted(text, folder.len ? folder : SLICE("."));
	buf_add_char(text, '\n');
}

static void add_tests(const struct survey *survey, struct buf *text)
{
	buf_add_text(text, "\t# What tests an image, run in a container of it; exit code 0 is "
			   "good.\n");
	for (size_t i = 0; i < survey->tests.len; i++)
		buf_add_format(text, "\t# Found: %s; where is it in the image?\n",
			       survey->tests.items[i]);
	buf_add_format(text, "\t# test = /%s\n",
		       survey->tests.len ? survey->tests.items[0] : "app/test.sh");
}

void survey_write(const struct survey *survey, struct buf *text)
{
	buf_add_text(text, "# What 'git image' makes of this repository. Every key stands in\n"
			   "# git-image-config(5); lines that begin with # are not read.\n"
			   "[image]\n"
			   "\t# Where images go; without it everything but publishing works.\n");
	buf_add_format(text, "\t# registry = %s\n",
		       survey->registry ? survey->registry : "registry.example.com/team");
	buf_add_text(text, "\t# The branch that is deployed.\n");
	buf_add_format(text, "\t%sdeploy = %s\n", survey->branch ? "" : "# ",
		       survey->branch ? survey->branch : "main");
	add_tests(survey, text);
	buf_add_text(text, "\t# When a container is ready, if the image has no HEALTHCHECK.\n"
			   "\t# ready = exec:wget -qO- http://127.0.0.1:8000/\n"
			   "\t# What runs no service, such as a tool, ends with 0 instead:\n"
			   "\t# ready = exit:tool --version\n");
	if (survey->folders)
		buf_add_format(
			text, "\t# Each folder with a Dockerfile is an image.\n\tfolder = \"%s\"\n",
			survey->folders);
	for (size_t i = 0; !survey->folders && i < survey->dockerfiles.len; i++)
		add_image(survey->names.items[i], survey->dockerfiles.items[i], text);
}
