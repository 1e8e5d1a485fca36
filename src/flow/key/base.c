/* SPDX-License-Identifier: MIT */
#include "flow/key/base.h"

#include <string.h>

#include "base/limits.h"
#include "base/path.h"
#include "base/str.h"
#include "base/time.h"
#include "codec/digest.h"
#include "flow/key/silence.h"
#include "image/reference.h"
#include "net/retry.h"
#include "registry/registry.h"

void base_release(struct base *base)
{
	free(base->digest);
	base->digest = NULL;
}

static int take_engine_digest(struct base *base, const struct reference *reference,
			      const struct engine_image *image, struct error *err)
{
	for (size_t i = 0; i < image->digests.len && !base->digest; i++) {
		AUTO(reference_release) struct reference found = { 0 };
		struct error ignored = { 0 };

		if (!reference_parse(image->digests.items[i], &found, &ignored) && found.digest &&
		    reference_is_same_repository(&found, reference))
			base->digest = TAKE(found.digest);
	}
	if (base->digest)
		return 1;
	base->is_local = true;
	base->digest = str_copy(image->id, err);
	return base->digest ? 1 : -1;
}

/* 1, 0 if the engine has not got it, -1. */
static int ask_engine(struct base *base, const struct reference *reference, struct error *err)
{
	AUTO(engine_image_release) struct engine_image image = { 0 };
	struct engine *engine = base->job->run->engine;

	if (!engine)
		return 0;
	if (!engine->ops->inspect_image(engine, base->name, &image, err))
		return take_engine_digest(base, reference, &image, err);
	if (!error_is(err, ERROR_NOT_FOUND) && !error_is(err, ERROR_UNSUPPORTED))
		return -1;
	error_clear(err);
	return 0;
}

static char *memory_path(const struct base *base, const struct reference *reference)
{
	AUTO(buf_release) struct buf name = BUF_INIT(LIMIT_HEADER_LINE);
	const char *state_folder = base->job->run->state_folder;
	struct error ignored = { 0 };
	struct digest_text hash;

	reference_format_canonical(reference, &name);
	buf_add_format(&name, " %s", reference_wanted(reference));
	if (!state_folder || name.has_failed || digest_of(buf_slice(&name), &hash, &ignored))
		return NULL;
	return str_format(&ignored, "%s/bases/%.16s", state_folder, hash.text + strlen("sha256:"));
}

/* 1, 0 if nothing is remembered, -1. A clock that went back makes it old, too. */
static int remember(struct base *base, const struct reference *reference, struct error *err)
{
	AUTOFREE char *path = memory_path(base, reference);
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_PEER_TEXT);
	AUTOFREE char *digest = NULL, *when = NULL;
	struct error ignored = { 0 };
	struct slice rest, part;
	int64_t said_at, age;

	if (!path || path_read(path, &text, &ignored))
		return 0;
	rest = buf_slice(&text);
	if (slice_cut(&rest, ' ', &part) && !(digest = str_copy_slice(part, err)))
		return -1;
	if (slice_cut(&rest, '\n', &part) && !(when = str_copy_slice(part, err)))
		return -1;
	if (!digest || !when || !digest_is_valid(digest) ||
	    !str_to_int(when, 0, INT64_MAX, &said_at))
		return 0;
	age = time_now() - said_at;
	if (age < 0 || age >= base->job->settings->base_ttl_ms / 1000)
		return 0;
	base->digest = TAKE(digest);
	base->is_remembered = true;
	return 1;
}

/* A failure costs a question later and nothing else. */
static void keep_in_mind(const struct base *base, const struct reference *reference)
{
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_PEER_TEXT);
	AUTOFREE char *path = memory_path(base, reference);
	struct error ignored = { 0 };
	AUTOFREE char *folder = path ? path_folder(path, &ignored) : NULL;

	buf_add_format(&text, "%s %lld\n", base->digest, (long long)time_now());
	if (!folder || base->job->run->options.is_dry_run || text.has_failed ||
	    path_make_folders(folder, 0700, &ignored) ||
	    path_write(path, buf_slice(&text), 0600, &ignored))
		return;
}

/* 1, 0 if the registry does not say, -1. */
static int ask_registry(struct base *base, const struct reference *reference, struct error *err)
{
	static const struct retry once = { .attempts = 1 };
	const struct job *job = base->job;
	const struct registry_options options =
		settings_registry_options(job->settings, job->run->sink);
	AUTO(registry_freep) struct registry *registry = NULL;
	struct registry_digest digest = { "" };

	if (silence_has(job->run->silence, reference->host))
		return 0;
	/* Where the image goes may be a folder, which has no bases. */
	if (registry_open(reference, &options, &registry, err))
		return -1;
	registry_set_retry(registry, &once);
	if (registry_exists(registry, reference_wanted(reference), &digest, err) != REGISTRY_YES) {
		if (error_is(err, ERROR_INTERRUPTED) || error_is(err, ERROR_MEMORY))
			return -1;
		if (error_is(err, ERROR_UNREACHABLE))
			silence_add(job->run->silence, reference->host);
		error_clear(err);
		return 0;
	}
	base->digest = str_copy(digest.text, err);
	if (!base->digest)
		return -1;
	keep_in_mind(base, reference);
	return 1;
}

static int find_in_order(struct base *base, const struct reference *reference, struct error *err)
{
	bool pulls = base->job->run->options.pulls_bases;
	int status;

	/* What is going to be pulled is what the registry has now. */
	if (pulls)
		status = ask_registry(base, reference, err);
	else
		status = ask_engine(base, reference, err);
	if (status)
		return status;
	if (pulls)
		return ask_engine(base, reference, err);
	if (!base->asks_anew)
		status = remember(base, reference, err);
	return status ? status : ask_registry(base, reference, err);
}

int base_find(struct base *base, struct error *err)
{
	AUTO(reference_release) struct reference reference = { 0 };

	if (reference_parse(base->name, &reference, err)) {
		if (!error_is(err, ERROR_INPUT))
			return -1;
		error_clear(err);
		return 0;
	}
	if (!reference.digest)
		return find_in_order(base, &reference, err);
	base->digest = str_copy(reference.digest, err);
	return base->digest ? 1 : -1;
}
