/* SPDX-License-Identifier: MIT */
#include "store-scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "../base/scratch.h"
#include "codec/digest.h"

int store_scene_set_up(void **state)
{
	struct store_scene *scene = calloc(1, sizeof(*scene));

	scratch_make("store", scene->folder);
	snprintf(scene->oci, sizeof(scene->oci), "oci:%s/a/b", scene->folder);
	snprintf(scene->archive, sizeof(scene->archive), "docker-archive:%s/x.tar", scene->folder);
	*state = scene;
	return 0;
}

int store_scene_tear_down(void **state)
{
	struct store_scene *scene = *state;

	scratch_remove(scene->folder);
	free(scene);
	return 0;
}

struct registry *store_scene_open(const char *target, const char *repository)
{
	AUTO(reference_release) struct reference reference = { 0 };
	struct registry *registry = NULL;
	struct error err = { 0 };

	assert_int_equal(reference_parse(repository, &reference, &err), 0);
	if (registry_open_target(target, &reference, &registry, &err))
		fail_msg("%s", err.message);
	return registry;
}

/* A blob in memory. */
struct source {
	struct slice bytes, left;
};

static int start(void *arg, struct error *err)
{
	struct source *source = arg;

	(void)err;
	source->left = source->bytes;
	return 0;
}

static ssize_t read_some(void *arg, void *data, size_t len, struct error *err)
{
	struct source *source = arg;

	(void)err;
	if (len > source->left.len)
		len = source->left.len;
	memcpy(data, source->left.data, len);
	source->left = slice_skip(source->left, len);
	return (ssize_t)len;
}

int store_scene_put_as(struct registry *registry, struct slice bytes, const char *digest,
		       enum registry_blob_outcome *ret_outcome, struct error *err)
{
	struct source source = { .bytes = bytes };
	struct registry_blob blob = { .digest = digest,
				      .size = (int64_t)bytes.len,
				      .start = start,
				      .read = read_some,
				      .arg = &source };
	int status = registry_upload_blobs(
		registry, &(struct registry_upload){ .blobs = &blob, .count = 1 }, err);

	*ret_outcome = blob.outcome;
	return status;
}

enum registry_blob_outcome store_scene_put(struct registry *registry, struct slice bytes)
{
	enum registry_blob_outcome outcome;
	struct digest_text digest;
	struct error err = { 0 };

	assert_int_equal(digest_of(bytes, &digest, &err), 0);
	if (store_scene_put_as(registry, bytes, digest.text, &outcome, &err))
		fail_msg("%s", err.message);
	return outcome;
}

void store_scene_put_document(struct registry *registry, const char *text, const char *tag)
{
	AUTO(registry_manifest_release) struct registry_manifest manifest = REGISTRY_MANIFEST_INIT;
	AUTO(buf_release) struct buf bytes = BUF_INIT(4096);
	struct error err = { 0 };
	bool is_index = strstr(text, "manifests");

	buf_add_text(&bytes, text);
	assert_int_equal(registry_manifest_of(
				 &bytes, is_index ? MEDIA_TYPE_OCI_INDEX : MEDIA_TYPE_OCI_MANIFEST,
				 &manifest, &err),
			 0);
	if (registry_put_manifest(registry, tag ? tag : manifest.digest.text, &manifest, &err))
		fail_msg("%s", err.message);
}

void store_scene_refuses(const char *target, const char *message)
{
	AUTO(reference_release) struct reference reference = { 0 };
	struct registry *registry = NULL;
	struct error err = { 0 };

	assert_int_equal(reference_parse("app", &reference, &err), 0);
	assert_int_equal(registry_open_target(target, &reference, &registry, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	if (!strstr(err.message, message))
		fail_msg("'%s' lacks '%s'", err.message, message);
}
