/* SPDX-License-Identifier: MIT */
#include "flow/index/index-place.h"

#include "base/limits.h"
#include "codec/json.h"
#include "image/manifest-write.h"
#include "net/retry.h"
#include "registry/blob.h"

#define ARTIFACT_TYPE  "application/vnd.git-image.index.v1+json"
#define ANNOTATION     "git-image.reference"
#define EMPTY_TYPE     "application/vnd.oci.empty.v1+json"
#define EMPTY_JSON     "{}"
#define TAG_MAX	       128
#define DIGITS_OF_NAME 32

/* Entries are tags of one repository, for not every registry has repositories below
 * repositories. Each is a manifest without layers (image-spec manifest.md, "Guidelines
 * for Artifact Usage") whose annotation is the text. */
struct oci_place {
	struct index_place place; /* first, so that a pointer to it is one to this */
	struct registry *registry;
	char *image;
};

static struct oci_place *own(struct index_place *place)
{
	return (struct oci_place *)place;
}

static void oci_free(struct index_place *place)
{
	struct oci_place *self = own(place);

	registry_free(self->registry);
	free(self->image);
	free(self);
}

/* No registry has locks: who writes looks again afterwards. */
static int oci_lock(struct index_place *place, struct error *err)
{
	(void)place;
	(void)err;
	return 0;
}

static void add_dotted(struct buf *tag, const char *name)
{
	for (; *name; name++)
		if (*name == '/')
			buf_add_text(tag, "..");
		else
			buf_add_char(tag, *name);
}

int index_tag(const char *image, const char *entry, struct buf *ret_tag, struct error *err)
{
	struct digest_text digest;

	add_dotted(ret_tag, image);
	buf_add_text(ret_tag, "..");
	add_dotted(ret_tag, entry);
	if (ret_tag->len > TAG_MAX) {
		if (digest_of(slice_of(image), &digest, err))
			return -1;
		buf_reset(ret_tag);
		buf_add_format(ret_tag, "sha256-%.*s..", DIGITS_OF_NAME,
			       digest.text + strlen("sha256:"));
		add_dotted(ret_tag, entry);
	}
	return buf_check(ret_tag, "the tag of an index", err);
}

static int oci_read(struct index_place *place, const char *entry, struct buf *ret_text,
		    struct error *err)
{
	AUTO(registry_manifest_release) struct registry_manifest held = REGISTRY_MANIFEST_INIT;
	AUTO(manifest_release) struct manifest manifest = { 0 };
	AUTO(buf_release) struct buf tag = BUF_INIT(LIMIT_PEER_TEXT);
	struct oci_place *self = own(place);
	const char *text;
	int status;

	if (index_tag(self->image, entry, &tag, err))
		return -1;
	status = registry_manifest(self->registry, tag.data, &held, err);
	if (status <= 0)
		return status;
	if (manifest_parse(buf_slice(&held.bytes), held.media_type, &manifest, err))
		return error_wrap(err, "'%s'", tag.data);
	text = strmap_get(&manifest.annotations, ANNOTATION);
	buf_add_text(ret_text, text ? text : "");
	return buf_check(ret_text, "the entry of an index", err) ? -1 : 1;
}

static void add_empty(struct json_writer *writer, const char *key, const char *digest)
{
	json_open_object(writer, key);
	json_add_text(writer, "mediaType", EMPTY_TYPE);
	json_add_text(writer, "digest", digest);
	json_add_int(writer, "size", (int64_t)strlen(EMPTY_JSON));
	json_close_object(writer);
}

static void write_manifest(struct buf *out, const char *empty, const char *text)
{
	struct json_writer writer = JSON_WRITER(out);

	json_open_object(&writer, NULL);
	json_add_int(&writer, "schemaVersion", 2);
	json_add_text(&writer, "mediaType", MEDIA_TYPE_OCI_MANIFEST);
	json_add_text(&writer, "artifactType", ARTIFACT_TYPE);
	add_empty(&writer, "config", empty);
	json_open_array(&writer, "layers");
	add_empty(&writer, NULL, empty);
	json_close_array(&writer);
	json_open_object(&writer, "annotations");
	json_add_text(&writer, ANNOTATION, text);
	json_close_object(&writer);
	json_close_object(&writer);
}

static int send_empty(const struct oci_place *self, const char *digest, struct error *err)
{
	struct registry_source source = { .bytes = SLICE(EMPTY_JSON), .fd = -1 };
	struct registry_blob blob = { .digest = digest, .size = (int64_t)strlen(EMPTY_JSON) };

	registry_blob_read_from(&blob, &source);
	return registry_upload_blobs(self->registry,
				     &(struct registry_upload){ .blobs = &blob, .count = 1 }, err);
}

static int oci_write(struct index_place *place, const char *entry, const char *text,
		     struct error *err)
{
	AUTO(registry_manifest_release) struct registry_manifest made = REGISTRY_MANIFEST_INIT;
	AUTO(buf_release) struct buf tag = BUF_INIT(LIMIT_PEER_TEXT);
	AUTO(buf_release) struct buf bytes = BUF_INIT(LIMIT_JSON_DOCUMENT);
	const struct oci_place *self = own(place);
	struct digest_text empty;

	if (index_tag(self->image, entry, &tag, err) || digest_of(SLICE(EMPTY_JSON), &empty, err))
		return -1;
	write_manifest(&bytes, empty.text, text);
	if (buf_check(&bytes, "the entry of an index", err) || send_empty(self, empty.text, err) ||
	    registry_manifest_of(&bytes, MEDIA_TYPE_OCI_MANIFEST, &made, err))
		return -1;
	return registry_put_manifest(self->registry, tag.data, &made, err);
}

static const struct index_place_ops oci_ops = {
	.lock = oci_lock,
	.read = oci_read,
	.write = oci_write,
	.free = oci_free,
};

int index_open_oci(const struct index_question *question, const char *name,
		   struct index_place **ret_place, struct error *err)
{
	static const struct retry once = { .attempts = 1 }, few = { .budget_ms = 10000 };
	const struct registry_options options =
		settings_registry_options(question->job->settings, question->job->run->sink);
	AUTO(reference_release) struct reference reference = { 0 };
	struct oci_place *self = calloc(1, sizeof(*self));

	if (!self)
		return error_set_memory(err);
	self->place = (struct index_place){ &oci_ops, name };
	self->image = str_copy(question->image, err);
	if (!self->image || reference_parse(name + strlen("oci:"), &reference, err) ||
	    registry_open(&reference, &options, &self->registry, err)) {
		oci_free(&self->place);
		return -1;
	}
	registry_set_retry(self->registry, question->is_patient ? &few : &once);
	*ret_place = &self->place;
	return 0;
}
