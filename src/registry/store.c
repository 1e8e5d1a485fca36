/* SPDX-License-Identifier: MIT */
#include "registry/store.h"

#include "base/interrupt.h"
#include "base/limits.h"
#include "codec/digest.h"
#include "image/manifest-write.h"
#include "registry/client.h"
#include "registry/transfer.h"

static const struct {
	const char *prefix;
	int (*open)(const char *path, const char *repository, struct store **ret_store,
		    struct error *err);
} kinds[] = {
	{ "oci:", store_open_layout },
	{ "oci-archive:", store_open_oci_archive },
	{ "docker-archive:", store_open_archive },
};

/* Which of them, or -1. */
static int kind_of(const char *target)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (str_starts(target, kinds[i].prefix) && target[strlen(kinds[i].prefix)])
			return (int)i;
	return -1;
}

int registry_check_target(const char *target, struct error *err)
{
	if (kind_of(target) >= 0 && !str_ends(target, ":-"))
		return 0;
	return error_set(err, ERROR_INPUT,
			 "expected oci:FOLDER, oci-archive:FILE or docker-archive:FILE, not '%s'",
			 target);
}

int registry_open_target(const char *target, const struct reference *reference,
			 struct registry **ret_registry, struct error *err)
{
	AUTO(registry_freep) struct registry *registry = calloc(1, sizeof(*registry));
	int kind = kind_of(target);

	if (!registry)
		return error_set_memory(err);
	if (kind < 0)
		return registry_check_target(target, err);
	registry->home = registry;
	registry->host = str_copy(target, err);
	if (!registry->host || kinds[kind].open(target + strlen(kinds[kind].prefix),
						reference->name, &registry->store, err))
		return -1;
	*ret_registry = TAKE(registry);
	return 0;
}

bool registry_is_local(const struct registry *registry)
{
	return registry->store;
}

bool registry_takes_plain(const struct registry *registry)
{
	return registry->store && registry->store->takes_plain;
}

int registry_adapt_manifest(const struct registry *registry, struct registry_manifest *manifest,
			    struct error *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_JSON_DOCUMENT);
	AUTO(manifest_release) struct manifest parsed = { 0 };

	if (!registry->store || !registry->store->takes_oci ||
	    strcmp(manifest->media_type, MEDIA_TYPE_DOCKER_MANIFEST) != 0)
		return 0;
	if (manifest_parse(buf_slice(&manifest->bytes), manifest->media_type, &parsed, err) ||
	    manifest_in_oci(&parsed, &text, err))
		return -1;
	return registry_manifest_of(&text, MEDIA_TYPE_OCI_MANIFEST, manifest, err);
}

int registry_finish(struct registry *registry, struct error *err)
{
	struct store *store = registry->store;

	if (!store || !store->ops->finish || !store->ops->finish(store, err))
		return 0;
	return error_wrap(err, "'%s'", registry->host);
}

enum registry_answer store_manifest(struct store *store, const char *tag_or_digest,
				    struct registry_manifest *ret_manifest, struct error *err)
{
	AUTO(manifest_release) struct manifest manifest = { 0 };
	AUTO(buf_release) struct buf bytes = BUF_INIT(LIMIT_JSON_DOCUMENT);
	bool is_digest = digest_is_valid(tag_or_digest);
	struct registry_digest named = { "" };
	enum registry_answer answer;

	if (!is_digest) {
		answer = store->ops->find(store, tag_or_digest, &named, err);
		if (answer != REGISTRY_YES)
			return answer;
		tag_or_digest = named.text;
	}
	if (store->ops->read(store, tag_or_digest, &bytes, err)) {
		if (!is_digest || !error_is(err, ERROR_NOT_FOUND))
			return REGISTRY_UNKNOWN;
		error_clear(err);
		return REGISTRY_NO;
	}
	if (manifest_parse(buf_slice(&bytes), NULL, &manifest, err) ||
	    registry_manifest_of(&bytes, manifest.media_type, ret_manifest, err))
		return REGISTRY_UNKNOWN;
	return REGISTRY_YES;
}

static int receive(struct store *store, const struct registry_upload *upload,
		   struct registry_blob *blob, struct error *err)
{
	struct transfer transfer = { .upload = upload, .blob = blob };
	int status = transfer_body_start(&transfer, err);

	if (!status)
		status = store->ops->put(store,
					 &(struct store_body){ .digest = blob->digest,
							       .size = blob->size,
							       .read = transfer_body_read,
							       .arg = &transfer },
					 err);
	transfer_release(&transfer);
	return status;
}

int store_upload(struct store *store, const struct registry_upload *upload, struct error *err)
{
	for (size_t i = 0; i < upload->count; i++) {
		struct registry_blob *blob = &upload->blobs[i];
		int status = interrupt_check(err)
				     ? -1
				     : store->ops->has(store, blob->digest, blob->size, err);

		blob->outcome = status > 0    ? REGISTRY_BLOB_THERE
				: blob->start ? REGISTRY_BLOB_SENT
					      : REGISTRY_BLOB_MISSING;
		if (!status && blob->start)
			status = receive(store, upload, blob, err);
		if (status < 0)
			return error_wrap(err, "blob %s", blob->digest);
	}
	return 0;
}
