/* SPDX-License-Identifier: MIT */
#include "flow/index/index-place.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/path.h"
#include "flow/build/identity.h"
#include "flow/config/configure.h"

void index_place_freep(struct index_place **place)
{
	if (*place)
		(*place)->ops->free(*place);
}

int index_place_open(const struct index_question *question, const char *name,
		     struct index_place **ret_place, struct error *err)
{
	return str_starts(name, INDEX_OCI) ? index_open_oci(question, name, ret_place, err)
					   : index_open_folder(question, name, ret_place, err);
}

/* A section is called as a repository may be; another image's name is any text, and
 * that of the project, or its end. */
char *index_image(const struct job *job, struct error *err)
{
	AUTOFREE char *project = name_project(job->run->repo, err);
	AUTOFREE char *clean = project ? name_for_path(job->name, err) : NULL;
	struct error ignored = { 0 };
	const char *name = clean;

	if (!clean)
		return NULL;
	if (!strcmp(name, project))
		name = path_base(name);
	else if (!strchr(job->name, ':') && !reference_check_repository(job->name, &ignored))
		name = job->name;
	return str_format(err, "%s/%s", project, name);
}

void index_entry_release(struct index_entry *held)
{
	reference_release(&held->reference);
}

/* Of which commit a tag of our own form is. Something else may be called like its
 * digits. */
static int find_commit(const struct job *job, const char *tag, char ret_sha[41], struct error *err)
{
	const char *prefix = job->settings->tag_prefix;
	AUTO(commit_release) struct commit commit = { 0 };
	char digits[41] = "";

	if (!identity_tag_is_ours(prefix, tag))
		return 0;
	if (prefix && str_starts(tag, prefix))
		tag += strlen(prefix);
	snprintf(digits, sizeof(digits), "%.*s", (int)strspn(tag, "0123456789abcdef"), tag);
	if (commit_resolve(job->run->repo, digits, &commit, err)) {
		if (error_is(err, ERROR_MEMORY))
			return -1;
		error_clear(err);
	} else if (str_starts(commit.sha, digits)) {
		memcpy(ret_sha, commit.sha, sizeof(commit.sha));
	}
	return 0;
}

/* 1, 0: the text is no entry of this image's repository, -1. */
static int parse_entry(const struct job *job, const char *text, struct index_entry *ret_held,
		       struct error *err)
{
	AUTO(reference_release) struct reference repository = { 0 };
	struct error ignored = { 0 };

	if (reference_parse(job->repository, &repository, err))
		return -1;
	if (reference_parse(text, &ret_held->reference, &ignored))
		return 0;
	if (!ret_held->reference.tag || !ret_held->reference.digest ||
	    !reference_is_same_repository(&repository, &ret_held->reference))
		return 0;
	return find_commit(job, ret_held->reference.tag, ret_held->sha, err) ? -1 : 1;
}

int index_entry_read(const struct job *job, struct index_place *place, const char *entry,
		     struct index_entry *ret_held, struct error *err)
{
	AUTO(buf_release) struct buf line = INDEX_LINE_INIT;
	AUTOFREE char *text = NULL;
	int status = place->ops->read(place, entry, &line, err);

	if (status <= 0)
		return status;
	text = str_copy_slice(slice_trim(buf_slice(&line)), err);
	return text ? parse_entry(job, text, ret_held, err) : -1;
}

int index_is_trusted(const struct job *job, const char *sha, struct error *err)
{
	static const char *const folders[] = { "refs/heads", "refs/remotes/origin" };
	const char *branch = job->settings->trusted_branch;

	for (size_t i = 0; i < ARRAY_SIZE(folders) && branch && *sha; i++) {
		AUTOFREE char *name = str_format(err, "%s/%s", folders[i], branch);
		AUTO(commit_release) struct commit tip = { 0 };
		enum commit_relation relation = COMMIT_UNKNOWN;

		if (!name)
			return -1;
		if (commit_resolve(job->run->repo, name, &tip, err)) {
			if (error_is(err, ERROR_MEMORY))
				return -1;
			error_clear(err);
		} else if (commit_relate(job->run->repo, tip.sha, sha, &relation, err)) {
			return -1;
		}
		if (relation == COMMIT_SAME || relation == COMMIT_ANCESTOR)
			return 1;
	}
	return 0;
}

char *index_hash_entry(const char *key, struct error *err)
{
	return str_format(err, "hash/%s", key + strlen("sha256:"));
}

bool index_is_silence(const struct error *err)
{
	return !error_is(err, ERROR_MEMORY) && !error_is(err, ERROR_INTERRUPTED);
}
