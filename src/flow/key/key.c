/* SPDX-License-Identifier: MIT */
#include "flow/key/key.h"

#include <string.h>

#include "base/limits.h"
#include "context/bases.h"
#include "flow/build/build.h"
#include "image/reference.h"
#include "net/retry.h"
#include "registry/registry.h"

/* A base on its way to a digest. */
struct base {
	struct job *job;
	struct reference reference;
	char *digest;
	bool is_local; /* it is only the ID that this engine gives it */
};

static void base_release(struct base *base)
{
	reference_release(&base->reference);
	free(base->digest);
}

static int take_engine_digest(struct base *base, const struct engine_image *image,
			      struct error *err)
{
	for (size_t i = 0; i < image->digests.len && !base->digest; i++) {
		AUTO(reference_release) struct reference found = { 0 };
		struct error ignored = { 0 };

		if (!reference_parse(image->digests.items[i], &found, &ignored) && found.digest &&
		    reference_is_same_repository(&found, &base->reference))
			base->digest = TAKE(found.digest);
	}
	if (base->digest)
		return 1;
	base->is_local = true;
	base->digest = str_copy(image->id, err);
	return base->digest ? 1 : -1;
}

/* 1, 0 if the engine has not got it, -1. */
static int ask_engine(struct base *base, const char *name, struct error *err)
{
	AUTO(engine_image_release) struct engine_image image = { 0 };
	struct engine *engine = base->job->run->engine;

	if (!engine)
		return 0;
	if (!engine->ops->inspect_image(engine, name, &image, err))
		return take_engine_digest(base, &image, err);
	if (!error_is(err, ERROR_NOT_FOUND) && !error_is(err, ERROR_UNSUPPORTED))
		return -1;
	error_clear(err);
	return 0;
}

/* 1, 0 if the registry does not say: the build will tell why. */
static int ask_registry(struct base *base, struct error *err)
{
	static const struct retry once = { .attempts = 1 };
	const struct job *job = base->job;
	const struct registry_options options =
		settings_registry_options(job->settings, job->run->sink);
	AUTO(registry_freep) struct registry *registry = NULL;
	struct registry_digest digest = { "" };

	/* Where the image goes may be a folder, which has no bases. */
	if (registry_open(&base->reference, &options, &registry, err))
		return -1;
	registry_set_retry(registry, &once);
	if (registry_exists(registry, reference_wanted(&base->reference), &digest, err) !=
	    REGISTRY_YES) {
		if (error_is(err, ERROR_INTERRUPTED) || error_is(err, ERROR_MEMORY))
			return -1;
		error_clear(err);
		return 0;
	}
	base->digest = str_copy(digest.text, err);
	return base->digest ? 1 : -1;
}

static int find_digest(struct base *base, const char *name, struct error *err)
{
	bool pulls = base->job->run->options.pulls_bases;
	int status;

	if (reference_parse(name, &base->reference, err)) {
		if (!error_is(err, ERROR_INPUT))
			return -1;
		error_clear(err);
		return 0;
	}
	if (base->reference.digest) {
		base->digest = str_copy(base->reference.digest, err);
		return base->digest ? 1 : -1;
	}
	/* What is going to be pulled is what the registry has now. */
	status = pulls ? ask_registry(base, err) : ask_engine(base, name, err);
	if (status)
		return status;
	return pulls ? ask_engine(base, name, err) : ask_registry(base, err);
}

static const char *why_unknown(const struct dockerfile *dockerfile)
{
	return dockerfile->remote_line
		       ? "the Dockerfile lets ADD fetch something, which may change at any time"
		       : "a base image has a variable in its name that only the builder knows";
}

/* 0, or -1 without memory. */
static int set_unknown_base(struct job_key *key, const char *name, struct error *err)
{
	key->unknown = str_format(err,
				  "neither the engine nor its registry says which digest the base "
				  "image '%s' has",
				  name);
	return key->unknown ? 0 : -1;
}

static int add_bases(struct job *job, const struct strmap *build_args, struct job_key *key,
		     struct error *err)
{
	const struct dockerfile *dockerfile = context_dockerfile(job->context);
	AUTO(strv_release) struct strv bases = { 0 };
	int status = dockerfile_bases(dockerfile, build_args, &bases, err);

	if (!status && str_replace(&key->unknown, why_unknown(dockerfile), err))
		return -1;
	for (size_t i = 0; status > 0 && i < bases.len; i++) {
		AUTO(base_release) struct base base = { .job = job };

		status = find_digest(&base, bases.items[i], err);
		if (!status)
			status = set_unknown_base(key, bases.items[i], err);
		else if (status > 0 &&
			 content_key_add(&key->inputs, KEY_BASE, bases.items[i], base.digest, err))
			return -1;
		key->is_local |= base.is_local;
	}
	return status;
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

/* Unless one is asked for, images are built for the machine's own. */
static int add_platform(const struct job *job, struct content_key *inputs, struct error *err)
{
	AUTO(platform_release) struct platform own = { 0 };
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_PEER_TEXT);

	if (job->platform)
		return content_key_add(inputs, KEY_PLATFORM, "", job->platform, err);
	if (platform_of_host(&own, err))
		return -1;
	platform_add(&own, &text);
	if (buf_check(&text, "a platform", err))
		return -1;
	return content_key_add(inputs, KEY_PLATFORM, "", text.data, err);
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
	return add_pairs(inputs, KEY_LABEL, &settings->labels, err);
}

/* 1, 0 if some input is not known, -1. */
static int add_inputs(struct job *job, struct job_key *key, struct error *err)
{
	struct content_key *inputs = &key->inputs;
	AUTO(strmap_release) struct strmap build_args = { 0 };

	if (job_open_context(job, err) || build_find_args(job, &build_args, err) ||
	    context_add_to_key(job->context, inputs, err) || add_settings(job, inputs, err) ||
	    add_pairs(inputs, KEY_BUILD_ARG, &build_args, err))
		return -1;
	return add_bases(job, &build_args, key, err);
}

void job_key_release(struct job_key *key)
{
	content_key_release(&key->inputs);
	free(key->text);
	free(key->unknown);
	*key = (struct job_key){ 0 };
}

int job_key_find(struct job *job, struct job_key *ret_key, struct error *err)
{
	AUTO(job_key_release) struct job_key key = { 0 };
	struct digest_text digest;
	int status;

	if (job->is_dirty)
		return 0;
	status = add_inputs(job, &key, err);
	if (status < 0)
		return -1;
	if (status) {
		if (content_key_digest(&key.inputs, &digest, err))
			return -1;
		key.text = key.is_local
				   ? str_format(err, "local:%s", digest.text + strlen("sha256:"))
				   : str_copy(digest.text, err);
		if (!key.text)
			return -1;
	}
	*ret_key = key;
	key = (struct job_key){ 0 };
	return 0;
}

int job_key_keep(struct job *job, struct error *err)
{
	AUTO(job_key_release) struct job_key key = { 0 };

	if (job->key)
		return 0;
	if (job_key_find(job, &key, err) ||
	    key_note(&key.inputs, &job->run->seal, &job->key_inputs, err))
		return -1;
	job->key = TAKE(key.text);
	return 0;
}

static bool may_be_private(enum key_kind kind)
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
	if (!may_be_private(input->kind))
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
