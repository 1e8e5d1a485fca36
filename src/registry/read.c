/* SPDX-License-Identifier: MIT */
#include "registry/read.h"

#include "base/limits.h"
#include "codec/digest.h"
#include "registry/absence.h"
#include "registry/errand.h"
#include "registry/store.h"

enum step { STEP_MANIFEST, STEP_ABSENCE, STEP_CHILD, STEP_CONFIG };

/* One image on its way: manifest, of an index its image's, config. */
struct reading {
	struct errand errand; /* first, so that a pointer to it is one to this */
	const char *wanted;
	const struct registry_manifest *given; /* the manifest, if it is known */
	const struct platform *platform;       /* NULL: ours, else the first */
	enum step step;
	enum registry_answer answer;
	struct registry_manifest manifest;
	struct registry_digest asked; /* of child or config */
	struct buf config;
};

static void reading_release(struct reading *reading)
{
	errand_release(&reading->errand);
	registry_manifest_release(&reading->manifest);
	buf_release(&reading->config);
}

/* What an image names has to be there: its absence is no "no". */
static int missing(const struct reading *reading, const char *what, struct error *err)
{
	return error_set(err, ERROR_PROTOCOL, "the registry lacks the %s %s of its own image", what,
			 reading->asked.text);
}

static int nested(struct error *err)
{
	return error_set(err, ERROR_PROTOCOL, "an index where an image was announced");
}

static int ask_manifest(struct reading *reading, const char *tag_or_digest, struct error *err)
{
	AUTOFREE char *path = registry_manifest_path(tag_or_digest, err);

	return path ? ask_start(&reading->errand.ask,
				&(struct registry_request){
					.method = "GET",
					.path = path,
					.header = REGISTRY_ACCEPT,
				},
				err)
		    : -1;
}

/* 1 if it is known already. */
static int ask_config(struct reading *reading, const struct manifest *manifest, struct error *err)
{
	const struct registry *registry = reading->errand.ask.registry;
	AUTOFREE char *path = NULL;

	if (manifest->config.size > (int64_t)LIMIT_JSON_DOCUMENT)
		return error_set(err, ERROR_PROTOCOL, "its config has %lld bytes, %lu are allowed",
				 (long long)manifest->config.size, LIMIT_JSON_DOCUMENT);
	reading->step = STEP_CONFIG;
	memcpy(reading->asked.text, manifest->config.digest, strlen(manifest->config.digest) + 1);
	if (configs_find(&registry->configs, reading->asked.text, &reading->config)) {
		reading->answer = REGISTRY_YES;
		return buf_check(&reading->config, "a config", err) ? -1 : 1;
	}
	path = str_format(err, "blobs/%s", reading->asked.text);
	return path ? ask_start(&reading->errand.ask,
				&(struct registry_request){ .method = "GET", .path = path }, err)
		    : -1;
}

static const struct descriptor *choose(const struct manifest *index,
				       const struct platform *platform, struct error *err)
{
	AUTO(platform_release) struct platform own = { 0 };
	const struct descriptor *image;

	if (platform) {
		image = manifest_for_platform(index, platform);
	} else {
		if (platform_of_host(&own, err))
			error_clear(err);
		image = own.os ? manifest_for_platform(index, &own) : NULL;
		image = image ? image : manifest_for_platform(index, NULL);
	}
	if (!image && platform)
		error_set(err, ERROR_NOT_FOUND, "it has no image for %s/%s", platform->os,
			  platform->architecture);
	else if (!image)
		error_set(err, ERROR_NOT_FOUND, "it has no image that names its platform");
	return image;
}

static int ask_child(struct reading *reading, const struct manifest *index, struct error *err)
{
	const struct descriptor *image;

	if (reading->step == STEP_CHILD)
		return nested(err);
	image = choose(index, reading->platform, err);
	if (!image)
		return -1;
	reading->step = STEP_CHILD;
	memcpy(reading->asked.text, image->digest, strlen(image->digest) + 1);
	return ask_manifest(reading, image->digest, err);
}

/* To what the manifest names. */
static int descend(struct reading *reading, const struct registry_manifest *manifest,
		   struct error *err)
{
	AUTO(manifest_release) struct manifest parsed = { 0 };

	if (manifest_parse(buf_slice(&manifest->bytes), manifest->media_type, &parsed, err))
		return -1;
	return parsed.is_index ? ask_child(reading, &parsed, err)
			       : ask_config(reading, &parsed, err);
}

static int on_manifest(struct reading *reading, struct http_response *response, struct error *err)
{
	AUTO(registry_manifest_release) struct registry_manifest child = REGISTRY_MANIFEST_INIT;

	if (reading->step == STEP_CHILD)
		return registry_take_manifest(response, reading->asked.text, &child, err)
			       ? -1
			       : descend(reading, &child, err);
	if (registry_take_manifest(response, reading->wanted, &reading->manifest, err))
		return -1;
	return descend(reading, &reading->manifest, err);
}

static int finish(struct reading *reading, struct http_response *response, struct error *err)
{
	struct digest_text digest;

	if (digest_of(buf_slice(&response->body), &digest, err))
		return -1;
	if (!str_equal(digest.text, reading->asked.text))
		return error_set(err, ERROR_PROTOCOL, "the registry sent %s instead of %s",
				 digest.text, reading->asked.text);
	configs_keep(&reading->errand.ask.registry->configs, &digest, buf_slice(&response->body));
	buf_release(&reading->config);
	reading->config = response->body;
	buf_init(&response->body, 0);
	reading->answer = REGISTRY_YES;
	return 1;
}

/* 1 if there is none, 0 if that is asked next. */
static int on_absent(struct reading *reading, struct error *err)
{
	struct ask *ask = &reading->errand.ask;
	int status =
		reading->step == STEP_ABSENCE ? absence_confirm(ask, err) : absence_judge(ask, err);

	reading->step = STEP_ABSENCE;
	if (status > 0)
		reading->answer = REGISTRY_NO;
	return status;
}

static int next(struct errand *errand, struct http_response *response, struct error *err)
{
	struct reading *reading = (struct reading *)errand;

	if (!response)
		return reading->given ? descend(reading, reading->given, err)
				      : ask_manifest(reading, reading->wanted, err);
	if (reading->step == STEP_ABSENCE ||
	    (response->status == 404 && reading->step == STEP_MANIFEST))
		return on_absent(reading, err);
	if (response->status == 404)
		return missing(reading, reading->step == STEP_CHILD ? "manifest" : "config", err);
	if (response->status != 200)
		return registry_refusal(errand->ask.registry, response, err);
	return reading->step == STEP_CONFIG ? finish(reading, response, err)
					    : on_manifest(reading, response, err);
}

static void init(struct reading *reading, struct registry *registry, const char *wanted)
{
	*reading = (struct reading){
		.errand = { .ask.registry = registry, .next = next },
		.wanted = wanted,
		.answer = REGISTRY_UNKNOWN,
		.manifest = REGISTRY_MANIFEST_INIT,
		.config = BUF_INIT(LIMIT_JSON_DOCUMENT),
	};
}

/* The same in a store, which answers at once. */
static int read_stored(struct reading *reading, struct store *store, struct error *err)
{
	AUTO(registry_manifest_release) struct registry_manifest child = REGISTRY_MANIFEST_INIT;
	const struct registry_manifest *manifest = reading->given;
	AUTO(manifest_release) struct manifest parsed = { 0 };
	const struct descriptor *image;

	if (!manifest) {
		reading->answer = store_manifest(store, reading->wanted, &reading->manifest, err);
		if (reading->answer != REGISTRY_YES)
			return reading->answer == REGISTRY_UNKNOWN ? -1 : 0;
		manifest = &reading->manifest;
	}
	if (manifest_parse(buf_slice(&manifest->bytes), manifest->media_type, &parsed, err))
		return -1;
	if (parsed.is_index) {
		image = choose(&parsed, reading->platform, err);
		if (!image || store_manifest(store, image->digest, &child, err) < 0)
			return -1;
		manifest_release(&parsed);
		if (manifest_parse(buf_slice(&child.bytes), child.media_type, &parsed, err))
			return -1;
		if (parsed.is_index)
			return nested(err);
	}
	snprintf(reading->asked.text, sizeof(reading->asked.text), "%s", parsed.config.digest);
	return store->ops->read(store, reading->asked.text, &reading->config, err);
}

static int run(struct reading *reading, struct error *err)
{
	struct store *store = reading->errand.ask.registry->store;
	struct errand *errand = &reading->errand;

	return store ? read_stored(reading, store, err) : errands_run(&errand, 1, 1, err);
}

int registry_config(struct registry *registry, const struct registry_manifest *manifest,
		    const struct platform *platform, struct buf *ret_config, struct error *err)
{
	AUTO(reading_release) struct reading reading;

	init(&reading, registry, manifest->digest.text);
	reading.given = manifest;
	reading.platform = platform;
	if (run(&reading, err))
		return registry_wrap(registry, manifest->digest.text, err);
	buf_release(ret_config);
	*ret_config = reading.config;
	buf_init(&reading.config, 0);
	return 0;
}

/* A chart, a signature or a list of parts has a config too, of a type of its own. */
static int refuse_artifact(const struct reading *reading, struct error *err)
{
	AUTO(manifest_release) struct manifest manifest = { 0 };
	const struct registry_manifest *whole = &reading->manifest;
	struct error ignored = { 0 };
	const char *type;

	if (manifest_parse(buf_slice(&whole->bytes), whole->media_type, &manifest, &ignored) ||
	    manifest.is_index)
		return -1;
	type = manifest.config.media_type;
	if (str_equal(type, MEDIA_TYPE_OCI_CONFIG) || str_equal(type, MEDIA_TYPE_DOCKER_CONFIG))
		return -1;
	return error_set(err, ERROR_NOT_FOUND, "it is no image: its config is '%.100s'", type);
}

/* Of a reading that got to its end. */
static int take_image(struct reading *reading, const char *sha_env,
		      struct registry_image *ret_image, struct error *err)
{
	AUTO(registry_image_release) struct registry_image image = REGISTRY_IMAGE_INIT;

	if (image_config_parse(buf_slice(&reading->config), &image.config, err))
		return refuse_artifact(reading, err);
	if (!image_commit_of(&image.config.env, &image.config.labels, sha_env, &image.commit))
		image.commit = (struct image_commit){ 0 };
	image.config_digest = reading->asked;
	image.manifest = reading->manifest;
	reading->manifest = (struct registry_manifest)REGISTRY_MANIFEST_INIT;
	registry_image_release(ret_image);
	*ret_image = image;
	image = (struct registry_image)REGISTRY_IMAGE_INIT;
	return 0;
}

enum registry_answer registry_read_image(struct registry *registry, const char *tag_or_digest,
					 const char *sha_env, struct registry_image *ret_image,
					 struct error *err)
{
	AUTO(reading_release) struct reading reading;

	init(&reading, registry, tag_or_digest);
	if (run(&reading, err) ||
	    (reading.answer == REGISTRY_YES && take_image(&reading, sha_env, ret_image, err))) {
		registry_wrap(registry, tag_or_digest, err);
		return REGISTRY_UNKNOWN;
	}
	return reading.answer;
}

void registry_reading_release(struct registry_reading *reading)
{
	registry_image_release(&reading->image);
}

struct reading_list {
	struct reading *items;
	struct errand **errands; /* of those that have a registry */
	size_t count, errand_count;
};

static void reading_list_release(struct reading_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		reading_release(&list->items[i]);
	free(list->items);
	free(list->errands);
}

static int prepare(struct registry_pool *pool, struct registry_reading *readings, size_t count,
		   struct reading_list *list, struct error *err)
{
	list->items = calloc(count + 1, sizeof(*list->items));
	list->errands = calloc(count + 1, sizeof(struct errand *));
	if (!list->items || !list->errands)
		return error_set_memory(err);
	for (size_t i = 0; i < count; i++) {
		struct registry_reading *reading = &readings[i];
		struct registry *registry;

		registry_reading_release(reading);
		reading->answer = REGISTRY_UNKNOWN;
		error_clear(&reading->err);
		registry = registry_pool_get(pool, reading->reference, &reading->err);
		init(&list->items[i], registry,
		     reading->tag_or_digest ? reading->tag_or_digest
					    : reference_wanted(reading->reference));
		list->items[i].errand.own_err = &reading->err;
		list->count++;
		if (registry)
			list->errands[list->errand_count++] = &list->items[i].errand;
	}
	return 0;
}

int registry_read_all(struct registry_pool *pool, struct registry_reading *readings, size_t count,
		      struct error *err)
{
	AUTO(reading_list_release) struct reading_list list = { 0 };

	if (prepare(pool, readings, count, &list, err) ||
	    errands_run(list.errands, list.errand_count, ERRANDS_READING, err))
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct registry_reading *reading = &readings[i];
		struct reading *item = &list.items[i];
		const struct registry *registry = item->errand.ask.registry;

		reading->answer = item->answer;
		if (item->answer == REGISTRY_YES &&
		    take_image(item, reading->sha_env, &reading->image, &reading->err))
			reading->answer = REGISTRY_UNKNOWN;
		if (reading->answer == REGISTRY_UNKNOWN && registry)
			registry_wrap(registry, item->wanted, &reading->err);
	}
	return 0;
}
