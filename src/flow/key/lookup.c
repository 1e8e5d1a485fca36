/* SPDX-License-Identifier: MIT */
#include "flow/key/key.h"

#include <string.h>

#include "base/str.h"
#include "codec/digest.h"
#include "flow/build/identity.h"
#include "flow/index/index.h"
#include "flow/key/key-tags.h"
#include "flow/key/past.h"
#include "flow/key/remote.h"
#include "image/reference.h"

void key_found_release(struct key_found *found)
{
	free(found->id);
	free(found->parent);
	free(found->reference);
	free(found->why);
	*found = (struct key_found){ 0 };
}

bool key_is_of(const struct job *job, const struct engine_image *image)
{
	return job->key && identity_sha(image, job->settings->sha_env) &&
	       str_equal(strmap_get(&image->labels, LABEL_KEY), job->key) &&
	       str_equal(strmap_get(&image->labels, LABEL_REPOSITORY), job->repository);
}

int key_is_made_here(const struct job *job, const struct engine_image *image, struct error *err)
{
	AUTO(record_list_release) struct record_list list = { 0 };
	const char *sha = identity_sha(image, job->settings->sha_env);

	if (!key_is_of(job, image) || !str_is_hex(sha, 40))
		return 0;
	if (key_tags_has(job->run->state_folder, job->repository, job->key, image->id))
		return 1;
	if (record_read(job->run->repo, &job->run->seal, sha, &list, err))
		return -1;
	return record_has_build(&list, job->name, image->id, job->key);
}

struct lookup {
	struct job *job;
	struct key_found *found;
	struct strv tried; /* names in the engine */
	struct strv shas;  /* commits that the ledger names with the key */
};

static void lookup_release(struct lookup *lookup)
{
	strv_release(&lookup->tried);
	strv_release(&lookup->shas);
}

static int take_local(struct lookup *lookup, const char *name, struct engine_image *image,
		      struct error *err)
{
	struct key_found *found = lookup->found;

	found->reference = str_copy(name, err);
	found->why = str_format(err, "nothing that goes in has changed since '%s'", name);
	if (!found->reference || !found->why)
		return -1;
	found->id = TAKE(image->id);
	found->parent = TAKE(image->parent);
	found->place = KEY_FOUND_LOCAL;
	return 1;
}

static int try_name(struct lookup *lookup, const char *name, struct error *err)
{
	AUTO(engine_image_release) struct engine_image image = { 0 };
	int status;

	if (strv_has(&lookup->tried, name))
		return 0;
	if (strv_add(&lookup->tried, name, err))
		return -1;
	status = engine_find_image(lookup->job->run->engine, name, &image, err);
	if (status > 0)
		status = key_is_made_here(lookup->job, &image, err);
	return status > 0 ? take_local(lookup, name, &image, err) : status;
}

static int try_tag(struct lookup *lookup, const char *tag, struct error *err)
{
	AUTOFREE char *name = str_format(err, "%s:%s", lookup->job->repository, tag);

	return name ? try_name(lookup, name, err) : -1;
}

static int try_commit(struct lookup *lookup, const char *sha, struct error *err)
{
	const struct job *job = lookup->job;
	AUTOFREE char *plain = identity_tag(job->settings, sha, err), *tag = NULL;

	/* What ours has behind the digits is the platform, of several. */
	tag = plain ? str_format(err, "%s%s", plain, job->tag + strlen(plain)) : NULL;
	return tag ? try_tag(lookup, tag, err) : -1;
}

static int try_neighbours(struct lookup *lookup, struct error *err)
{
	const struct job *job = lookup->job;
	int status = try_name(lookup, job->latest, err);

	if (status || !job->run->commit.parent[0])
		return status;
	return try_commit(lookup, job->run->commit.parent, err);
}

static int try_index(struct lookup *lookup, struct error *err)
{
	AUTO(strv_release) struct strv tags = { 0 };
	const struct job *job = lookup->job;
	int status = 0;

	if (key_tags_find(job->run->state_folder, job->repository, job->key, &tags, err))
		return -1;
	for (size_t i = 0; !status && i < tags.len; i++)
		status = try_tag(lookup, tags.items[i], err);
	return status;
}

static int try_past(struct lookup *lookup, struct error *err)
{
	const struct job *job = lookup->job;
	const char *branch = job->settings->trusted_branch;
	int status = 0;

	if (past_find(job->run, NULL, job->key, &lookup->shas, err) ||
	    (branch && past_find(job->run, branch, job->key, &lookup->shas, err)))
		return -1;
	for (size_t i = 0; !status && i < lookup->shas.len; i++)
		status = try_commit(lookup, lookup->shas.items[i], err);
	return status;
}

/* Of our own repository alone: whoever writes a line may name any other. */
static bool names_ours(const struct job *job, const struct record *publication)
{
	AUTO(reference_release) struct reference ours = { 0 }, named = { 0 };
	struct error ignored = { 0 };

	return publication->digest && digest_is_valid(publication->digest) &&
	       publication->reference && !reference_parse(job->repository, &ours, &ignored) &&
	       !reference_parse(publication->reference, &named, &ignored) &&
	       reference_is_same_repository(&ours, &named);
}

static int try_digest(struct lookup *lookup, const char *sha, const char *digest, struct error *err)
{
	struct key_found *found = lookup->found;
	int status;

	free(TAKE(found->why));
	status = remote_try(lookup->job, &(struct remote_hint){ digest, sha }, found, err);
	if (status || found->why)
		return status;
	found->why = str_format(err, "the registry has no '%s@%.15s...' that is on record of %.7s",
				lookup->job->repository, digest, sha);
	return found->why ? 0 : -1;
}

static int try_published(struct lookup *lookup, const char *sha, struct error *err)
{
	AUTO(record_list_release) struct record_list list = { 0 };
	struct job *job = lookup->job;
	int status = 0;

	if (record_read(job->run->repo, &job->run->seal, sha, &list, err))
		return -1;
	for (size_t i = 0; !status && i < list.len; i++)
		if (list.items[i].kind == RECORD_PUBLICATION &&
		    str_equal(list.items[i].image, job->name) && names_ours(job, &list.items[i]) &&
		    record_has_build(&list, job->name, list.items[i].id, job->key))
			status = try_digest(lookup, sha, list.items[i].digest, err);
	return status;
}

/* The index that others write, too (image.index). */
static int try_shared_index(struct lookup *lookup, struct error *err)
{
	AUTO(index_hit_release) struct index_hit hit = { 0 };
	AUTO(reference_release) struct reference reference = { 0 };
	int status = index_find(lookup->job, lookup->job->key, &hit, err);

	if (status <= 0)
		return status;
	if (reference_parse(hit.reference, &reference, err))
		return -1;
	return try_digest(lookup, hit.sha, reference.digest, err);
}

/* What only this engine knows was never published as such; a folder is no place to pull from,
 * and what is read of an index is the image of the first platform. */
static int try_registry(struct lookup *lookup, struct error *err)
{
	struct job *job = lookup->job;
	AUTOFREE char *tag = NULL;
	int status = 0;

	if (!str_starts(job->key, "sha256:") || job->settings->to || job->is_secondary ||
	    job->run->options.pulls_nothing || !job_has_registry(job))
		return 0;
	tag = str_format(err, "%.16s", job->key + strlen("sha256:"));
	if (!tag)
		return -1;
	if (remote_has_key_tag(job))
		status = remote_try(job, &(struct remote_hint){ .name = tag }, lookup->found, err);
	for (size_t i = 0; !status && i < lookup->shas.len; i++)
		status = try_published(lookup, lookup->shas.items[i], err);
	return status ? status : try_shared_index(lookup, err);
}

static int look_around(struct lookup *lookup, struct error *err)
{
	static int (*const places[])(struct lookup * lookup,
				     struct error * err) = { try_neighbours, try_index, try_past,
							     try_registry };
	struct key_found *found = lookup->found;
	int status = 0;

	for (size_t i = 0; !status && lookup->job->key && i < ARRAY_SIZE(places); i++)
		status = places[i](lookup, err);
	if (status)
		return status;
	found->is_disappointed = found->why;
	if (!found->why)
		found->why = str_copy(lookup->job->key ? "no image of its content is known"
						       : lookup->job->why_no_key,
				      err);
	return found->why ? 0 : -1;
}

int key_lookup(struct job *job, struct key_found *ret_found, struct error *err)
{
	AUTO(key_found_release) struct key_found found = { 0 };
	AUTO(lookup_release) struct lookup lookup = { .job = job, .found = &found };

	if (job_key_keep(job, err) || look_around(&lookup, err) < 0)
		return -1;
	*ret_found = found;
	found = (struct key_found){ 0 };
	return 0;
}
