/* SPDX-License-Identifier: MIT */
#include "flow/key/key.h"

#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "base/time.h"
#include "context/bases.h"
#include "flow/build/build.h"
#include "flow/build/identity.h"
#include "flow/key/base.h"

#define LOCAL "local:"

static const char *why_unknown(const struct dockerfile *dockerfile)
{
	if (dockerfile->remote_line)
		return "the Dockerfile lets ADD fetch something, which may change at any time";
	return dockerfile->odd_mount_line
		       ? "the Dockerfile has a --mount with quotes inside"
		       : "a base image has a variable in its name that only the builder knows";
}

/* How much is asked for the digest of a base. */
enum bases {
	BASES_REMEMBERED, /* what a registry said before counts */
	BASES_ASKED,
	BASES_LEFT_OUT,	  /* nobody is asked: no key comes of it */
	PARENTS_LEFT_OUT, /* nor for theirs */
};

struct search {
	struct job *job;
	enum bases bases;
	struct job_key key;
};

static void search_release(struct search *search)
{
	job_key_release(&search->key);
}

/* 0, or -1 without memory. */
static int set_unknown(struct job_key *key, char *unknown)
{
	free(key->unknown);
	key->unknown = unknown;
	return unknown ? 0 : -1;
}

/* Of a base or a frontend. 1, 0 if it is not known, -1. */
static int add_base(struct search *search, enum key_kind kind, const char *name, struct error *err)
{
	AUTO(base_release)
	struct base base = { .job = search->job,
			     .name = name,
			     .asks_anew = search->bases == BASES_ASKED };
	struct job_key *key = &search->key;
	int status = base_find(&base, err);

	if (status < 0)
		return -1;
	if (!status)
		return set_unknown(key,
				   str_format(err,
					      "neither the engine nor its registry says which "
					      "digest the %s '%s' has",
					      kind == KEY_BASE ? "base image" : "frontend", name));
	key->is_local |= base.is_local;
	key->is_remembered |= base.is_remembered;
	return content_key_add(&key->inputs, kind, name, base.digest, err) ? -1 : 1;
}

/* 1, 0 if it is not known, -1. */
static int add_parent(struct search *search, struct job *parent, struct error *err)
{
	struct job_key *key = &search->key;

	if (job_key_keep(parent, err))
		return -1;
	if (!parent->key)
		return set_unknown(key, str_format(err, "the key of its parent '%s' is not known",
						   parent->name));
	key->is_local |= str_starts(parent->key, LOCAL);
	return content_key_add(&key->inputs, KEY_PARENT, parent->name, parent->key, err) ? -1 : 1;
}

/* The classic builder and Podman's take the line for a comment. */
static bool obeys_syntax(const struct job *job)
{
	const struct engine *engine = job->run->engine;

	return job->settings->frontend != FRONTEND_BUILTIN &&
	       job->settings->builder != BUILDER_CLASSIC &&
	       (!engine || engine->info.kind != ENGINE_PODMAN);
}

/* 1, 0 if it is not known, -1. */
static int add_frontend(struct search *search, struct error *err)
{
	const char *syntax = context_dockerfile(search->job->context)->syntax;

	return syntax && obeys_syntax(search->job) ? add_base(search, KEY_FRONTEND, syntax, err)
						   : 1;
}

static bool is_parent(const struct job *job, const char *base)
{
	for (size_t i = 0; i < job->parent_count; i++)
		if (str_equal(job->parents[i].base, base))
			return true;
	return false;
}

/* 1, 0 if some base is not known, -1. */
static int add_bases(struct search *search, const struct strmap *build_args, struct error *err)
{
	struct job *job = search->job;
	const struct dockerfile *dockerfile = context_dockerfile(job->context);
	AUTO(strv_release) struct strv bases = { 0 };
	int status = 1;

	if (search->bases == PARENTS_LEFT_OUT)
		return 1;
	for (size_t i = 0; status > 0 && i < job->parent_count; i++)
		status = add_parent(search, job->parents[i].job, err);
	if (status <= 0 || search->bases == BASES_LEFT_OUT)
		return status;
	status = dockerfile_bases(dockerfile, build_args, &bases, err);
	if (!status && str_replace(&search->key.unknown, why_unknown(dockerfile), err))
		return -1;
	for (size_t i = 0; status > 0 && i < bases.len; i++)
		if (!is_parent(job, bases.items[i]))
			status = add_base(search, KEY_BASE, bases.items[i], err);
	return status > 0 ? add_frontend(search, err) : status;
}

static int add_pairs(struct content_key *inputs, enum key_kind kind, const struct strmap *pairs,
		     struct error *err)
{
	for (size_t i = 0; i < pairs->len; i++)
		if (content_key_add(inputs, kind, pairs->entries[i].key, pairs->entries[i].value,
				    err))
			return -1;
	return 0;
}

/* Unless one is asked for, images are built for the engine's own. */
static int add_platform(const struct job *job, struct content_key *inputs, struct error *err)
{
	struct engine *engine = job->run->engine;
	AUTO(platform_release) struct platform platform = { 0 };
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_PEER_TEXT);
	const char *name = job->platform;

	if (!name && engine && engine->ops->learn_platform &&
	    engine->ops->learn_platform(engine, err))
		return -1;
	if (!name && engine)
		name = engine->info.platform;
	if (name ? platform_parse(name, &platform, err) : platform_of_host(&platform, err))
		return -1;
	platform_add(&platform, &text);
	if (buf_check(&text, "a platform", err))
		return -1;
	return content_key_add(inputs, KEY_PLATFORM, "", text.data, err);
}

/* Periods begin at multiples of their length since 1970: days at midnight in UTC. */
static int add_interval(const struct job *job, struct content_key *inputs, struct error *err)
{
	int64_t seconds = job->settings->interval_ms / 1000, now = time_now();
	AUTOFREE char *text = NULL;

	if (!job->settings->interval_ms)
		return 0;
	if (!seconds)
		seconds = 1;
	text = str_format(err, "%lld s from %s", (long long)seconds,
			  time_rfc3339(now - now % seconds).text);
	return text ? content_key_add(inputs, KEY_INTERVAL, "", text, err) : -1;
}

static int add_settings(struct job *job, struct content_key *inputs, struct error *err)
{
	const struct settings *settings = job->settings;

	if (settings->target && content_key_add(inputs, KEY_TARGET, "", settings->target, err))
		return -1;
	if (add_platform(job, inputs, err))
		return -1;
	if (settings->frontend == FRONTEND_BUILTIN &&
	    content_key_add(inputs, KEY_BUILDER, "frontend", "builtin", err))
		return -1;
	if (add_pairs(inputs, KEY_LABEL, &settings->labels, err) ||
	    add_pairs(inputs, KEY_EXTRA, &settings->metadata, err))
		return -1;
	return add_interval(job, inputs, err);
}

/* But image.unhashedBuildArg; the commit always counts. */
static int add_build_args(const struct job *job, const struct strmap *build_args,
			  struct content_key *inputs, struct error *err)
{
	const struct settings *settings = job->settings;

	for (size_t i = 0; i < build_args->len; i++) {
		const struct strmap_entry *arg = &build_args->entries[i];

		if (strmap_get(&settings->unhashed_build_args, arg->key) &&
		    strcmp(arg->key, settings->sha_env) != 0)
			continue;
		if (content_key_add(inputs, KEY_BUILD_ARG, arg->key, arg->value, err))
			return -1;
	}
	return 0;
}

/* 1, 0 if some input is not known, -1. */
static int add_inputs(struct search *search, struct error *err)
{
	struct content_key *inputs = &search->key.inputs;
	AUTO(strmap_release) struct strmap build_args = { 0 };
	struct job *job = search->job;

	if (job_open_context(job, err) || build_find_args(job, &build_args, err) ||
	    context_add_to_key(job->context, inputs, err) || add_settings(job, inputs, err) ||
	    add_build_args(job, &build_args, inputs, err))
		return -1;
	return add_bases(search, &build_args, err);
}

void job_key_release(struct job_key *key)
{
	content_key_release(&key->inputs);
	free(key->text);
	free(key->unknown);
	*key = (struct job_key){ 0 };
}

static int set_text(struct job_key *key, struct error *err)
{
	struct digest_text digest;

	if (content_key_digest(&key->inputs, &digest, err))
		return -1;
	key->text = key->is_local ? str_format(err, LOCAL "%s", digest.text + strlen("sha256:"))
				  : str_copy(digest.text, err);
	return key->text ? 0 : -1;
}

static int find_key(struct job *job, enum bases bases, struct job_key *ret_key, struct error *err)
{
	AUTO(search_release) struct search search = { .job = job, .bases = bases };
	int status;

	/* What is pinned is never built; its digest is its content. */
	if (job->settings->digest)
		return str_replace(&ret_key->text, job->settings->digest, err);
	if (job->is_dirty)
		return str_replace(&ret_key->unknown, "the work tree has no content key", err);
	status = add_inputs(&search, err);
	if (status < 0 || (status && bases < BASES_LEFT_OUT && set_text(&search.key, err)))
		return -1;
	*ret_key = search.key;
	search.key = (struct job_key){ 0 };
	return 0;
}

int job_key_find(struct job *job, struct job_key *ret_key, struct error *err)
{
	return find_key(job, BASES_REMEMBERED, ret_key, err);
}

int job_key_find_own(struct job *job, struct job_key *ret_key, struct error *err)
{
	return find_key(job, BASES_LEFT_OUT, ret_key, err);
}

int job_key_find_alone(struct job *job, struct job_key *ret_key, struct error *err)
{
	return find_key(job, PARENTS_LEFT_OUT, ret_key, err);
}

static int keep(struct job *job, struct job_key *key, struct error *err)
{
	if (key_note(&key->inputs, &job->run->seal, &job->key_inputs, err))
		return -1;
	free(job->key);
	free(job->why_no_key);
	job->key = TAKE(key->text);
	job->why_no_key = TAKE(key->unknown);
	job->has_remembered_base = key->is_remembered;
	return 0;
}

int job_key_keep(struct job *job, struct error *err)
{
	AUTO(job_key_release) struct job_key key = { 0 };

	if (job->key || job->why_no_key)
		return 0;
	return find_key(job, BASES_REMEMBERED, &key, err) || keep(job, &key, err) ? -1 : 0;
}

int job_key_take(struct job *job, struct error *err)
{
	AUTO(job_key_release) struct job_key key = { 0 };
	const char *label = strmap_get(&job->image.labels, LABEL_KEY);

	/* Docker keeps an empty one. */
	if (label && *label ? str_replace(&key.text, label, err)
			    : str_replace(&key.unknown, "the image that is there has none", err))
		return -1;
	return keep(job, &key, err);
}

/* 1: it has changed. */
static int find_again(struct job *job, enum bases bases, struct error *err)
{
	AUTO(job_key_release) struct job_key key = { 0 };
	bool has_changed;

	if (find_key(job, bases, &key, err))
		return -1;
	has_changed = !str_equal(job->key, key.text);
	return keep(job, &key, err) ? -1 : has_changed;
}

int job_key_renew(struct job *job, struct error *err)
{
	return job->has_remembered_base ? find_again(job, BASES_ASKED, err) : 0;
}

int job_key_follow(struct job *job, struct error *err)
{
	return job->parent_count ? find_again(job, BASES_REMEMBERED, err) : 0;
}

bool key_may_be_private(enum key_kind kind)
{
	return kind == KEY_BUILD_ARG || kind == KEY_LABEL || kind == KEY_EXTRA;
}

static int note_input(const struct key_input *input, const struct seal *seal, struct buf *text,
		      struct strmap *note, struct error *err)
{
	AUTOFREE char *name = str_format(err, "%s/%s", key_kind_name(input->kind), input->name);
	struct seal_text hash = { "" };

	if (!name)
		return -1;
	if (!key_may_be_private(input->kind))
		return strmap_set(note, name, input->value, err);
	buf_reset(text);
	buf_add_format(text, "input\n%s\n%s", name, input->value);
	if (buf_check(text, "an input of the content key", err))
		return -1;
	if (seal->key.data)
		hash = seal_make(seal, buf_slice(text));
	return strmap_set(note, name, hash.text, err);
}

int key_note(const struct content_key *inputs, const struct seal *seal, struct strmap *ret_note,
	     struct error *err)
{
	AUTO(strmap_release) struct strmap note = { 0 };
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_NOTE);

	for (size_t i = 0; i < inputs->len; i++)
		if (note_input(&inputs->inputs[i], seal, &text, &note, err))
			return -1;
	strmap_release(ret_note);
	*ret_note = note;
	note = (struct strmap){ 0 };
	return 0;
}
