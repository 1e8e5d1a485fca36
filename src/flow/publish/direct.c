/* SPDX-License-Identifier: MIT */
#include "flow/publish/direct.h"

#include <string.h>

#include "base/limits.h"
#include "flow/publish/direct-pack.h"
#include "flow/publish/direct-send.h"
#include "flow/publish/direct-stream.h"
#include "flow/publish/upload.h"
#include "image/manifest-write.h"

/* Bytes, unpacked, from which on a layer goes up while it is packed: with less there is
 * too little to gain. */
#define STREAM_FROM (16 * (int64_t)MIB)
/* So many of them at once, besides those that the sender has. */
#define MOST_STREAMS 3
/* Layers are rarely packed to less than one of so many parts. */
#define PACKED_PART 16

/* An image on its way out of the engine. */
struct outgoing {
	const struct bringing *bringing;
	const struct descriptor *known; /* for each layer; NULL: nothing is known */
	struct packer packer;
	struct sender *sender;
	struct layer_stream *streams[MOST_STREAMS]; /* NULL: none */
	struct layer_stream **growing; /* that of the layer being packed; NULL: it has none */
	bool may_stream;
	struct buf config;
	struct packed *packed; /* for each layer; of the same twice the first alone */
	int64_t taken;	       /* bytes of layers */
	int64_t told_at_ms;
};

static size_t layer_count(const struct outgoing *outgoing)
{
	return outgoing->bringing->layers->len;
}

static void outgoing_release(struct outgoing *outgoing)
{
	for (size_t i = 0; i < MOST_STREAMS; i++)
		layer_stream_free(outgoing->streams[i]);
	sender_free(outgoing->sender);
	packer_release(&outgoing->packer);
	buf_release(&outgoing->config);
	for (size_t i = 0; outgoing->packed && i < layer_count(outgoing); i++)
		packed_release(&outgoing->packed[i]);
	free(outgoing->packed);
}

/* The first of that ID, which stands for all of them. */
static size_t find_layer(const struct outgoing *outgoing, const char *diff_id)
{
	const struct strv *layers = outgoing->bringing->layers;
	size_t at = 0;

	while (at < layers->len && strcmp(layers->items[at], diff_id) != 0)
		at++;
	return at;
}

static bool is_known(const struct outgoing *outgoing, size_t at)
{
	return outgoing->known && outgoing->known[at].digest;
}

static bool is_missing(const struct outgoing *outgoing, const char *diff_id)
{
	size_t at = find_layer(outgoing, diff_id);

	return at < layer_count(outgoing) && !is_known(outgoing, at) && outgoing->packed[at].fd < 0;
}

static int take_config(void *arg, struct slice bytes, struct error *err)
{
	struct outgoing *outgoing = arg;

	buf_reset(&outgoing->config);
	buf_add_slice(&outgoing->config, bytes);
	return buf_check(&outgoing->config, "the image's configuration", err);
}

static int send_packed(struct outgoing *outgoing, const struct packed *packed, struct error *err)
{
	return sender_add(outgoing->sender, packed->digest.text, packed->size,
			  (struct registry_source){ .fd = packed->fd }, err);
}

/* What it has not brought goes up as the others do, and no more layers are tried so. */
static int end_stream(struct outgoing *outgoing, struct layer_stream **stream, struct error *err)
{
	const struct packed *left;

	if (layer_stream_await(*stream, &left, err))
		return -1;
	layer_stream_free(TAKE(*stream));
	if (!left)
		return 0;
	outgoing->may_stream = false;
	return send_packed(outgoing, left, err);
}

/* Those of layers that are packed: all, or the ones that have ended by themselves. */
static int end_streams(struct outgoing *outgoing, bool is_all, struct error *err)
{
	for (size_t i = 0; i < MOST_STREAMS; i++) {
		struct layer_stream **stream = &outgoing->streams[i];

		if (*stream && stream != outgoing->growing &&
		    (is_all || layer_stream_has_ended(*stream)) &&
		    end_stream(outgoing, stream, err))
			return -1;
	}
	return 0;
}

static void start_stream(struct outgoing *outgoing)
{
	size_t at = 0;

	while (at < MOST_STREAMS && outgoing->streams[at])
		at++;
	if (at == MOST_STREAMS)
		return;
	outgoing->streams[at] = layer_stream_start(outgoing->bringing, outgoing->packer.packed.fd);
	if (outgoing->streams[at])
		outgoing->growing = &outgoing->streams[at];
}

/* One that says only at its end which it is could be one that is known: as far as
 * the size tells, and to be wrong costs only what is sent in vain. */
static bool could_be_known(const struct outgoing *outgoing, int64_t size)
{
	for (size_t i = 0; i < layer_count(outgoing); i++)
		if (is_known(outgoing, i) && outgoing->known[i].size / 2 <= size &&
		    outgoing->known[i].size >= size / PACKED_PART)
			return true;
	return false;
}

static int begin_packing(struct outgoing *outgoing, bool is_sure, int64_t size, struct error *err)
{
	if (packer_begin(&outgoing->packer, err) || end_streams(outgoing, false, err))
		return -1;
	if (outgoing->may_stream && size >= STREAM_FROM &&
	    (is_sure || !could_be_known(outgoing, size)))
		start_stream(outgoing);
	return 0;
}

/* One that might be missing is packed, too: only its end tells. */
static int begin_layer(void *arg, const char *diff_id, int64_t size, bool *ret_is_wanted,
		       struct error *err)
{
	struct outgoing *outgoing = arg;
	const struct strv *layers = outgoing->bringing->layers;
	bool is_wanted = diff_id && is_missing(outgoing, diff_id);

	for (size_t i = 0; !diff_id && i < layers->len && !is_wanted; i++)
		is_wanted = is_missing(outgoing, layers->items[i]);
	*ret_is_wanted = is_wanted;
	return is_wanted ? begin_packing(outgoing, diff_id, size, err) : 0;
}

static void tell(struct outgoing *outgoing)
{
	const struct bringing *bringing = outgoing->bringing;

	if (!event_is_due(&outgoing->told_at_ms))
		return;
	event_emit(bringing->sink, &(struct event){ .type = EVENT_PROGRESS,
						    .step = bringing->step,
						    .image = bringing->image,
						    .subject = "export",
						    .bytes = outgoing->taken });
}

static int add_to_layer(void *arg, const void *data, size_t len, struct error *err)
{
	struct outgoing *outgoing = arg;

	outgoing->taken += (int64_t)len;
	tell(outgoing);
	if (packer_add(&outgoing->packer, data, len, err))
		return -1;
	if (outgoing->growing)
		layer_stream_grow(*outgoing->growing, outgoing->packer.packed.size);
	return 0;
}

static int end_layer(void *arg, const char *diff_id, struct error *err)
{
	struct outgoing *outgoing = arg;
	struct layer_stream **growing = TAKE(outgoing->growing);
	struct packed *packed;

	if (!is_missing(outgoing, diff_id)) {
		if (growing)
			layer_stream_free(TAKE(*growing));
		return 0;
	}
	packed = &outgoing->packed[find_layer(outgoing, diff_id)];
	if (packer_end(&outgoing->packer, packed, err))
		return -1;
	if (!growing)
		return send_packed(outgoing, packed, err);
	layer_stream_complete(*growing, packed);
	return end_streams(outgoing, false, err);
}

static int receive(struct outgoing *outgoing, struct error *err)
{
	const struct engine_export to = {
		.config = take_config,
		.layer_begin = begin_layer,
		.layer_data = add_to_layer,
		.layer_end = end_layer,
		.arg = outgoing,
		.layers = outgoing->bringing->layers,
	};
	struct engine *engine = outgoing->bringing->engine;

	if (engine->ops->export_image(engine, outgoing->bringing->id, &to, err))
		return -1;
	for (size_t i = 0; i < to.layers->len; i++)
		if (is_missing(outgoing, to.layers->items[i]))
			return error_set(err, ERROR_PROTOCOL,
					 "the engine did not give the layer %s",
					 to.layers->items[i]);
	return 0;
}

/* The layers are on their way; the configuration is complete only now. */
static int finish_sending(struct outgoing *outgoing, const struct descriptor *config,
			  struct error *err)
{
	const struct registry_source source = { .bytes = buf_slice(&outgoing->config), .fd = -1 };

	if (sender_add(outgoing->sender, config->digest, config->size, source, err) ||
	    end_streams(outgoing, true, err))
		return -1;
	return sender_finish(outgoing->sender, err);
}

/* What the manifest says of each layer; it borrows. */
static void describe(struct outgoing *outgoing, char *media_type, struct descriptor *layers)
{
	for (size_t i = 0; i < layer_count(outgoing); i++) {
		size_t at = find_layer(outgoing, outgoing->bringing->layers->items[i]);
		struct packed *packed = &outgoing->packed[at];

		if (is_known(outgoing, at))
			layers[i] = outgoing->known[at];
		else
			layers[i] = (struct descriptor){ .media_type = media_type,
							 .digest = packed->digest.text,
							 .size = packed->size };
	}
}

static int write_manifest(struct outgoing *outgoing, const struct descriptor *config,
			  struct registry_manifest *ret_manifest, struct error *err)
{
	AUTOFREE struct descriptor *layers = calloc(layer_count(outgoing) + 1, sizeof(*layers));
	AUTOFREE char *type =
		str_copy(compression_media_type(outgoing->packer.compression, false), err);
	AUTO(buf_release) struct buf text = BUF_INIT(0);
	const char *manifest_type = NULL;

	if (!type)
		return -1;
	if (!layers)
		return error_set_memory(err);
	describe(outgoing, type, layers);
	if (manifest_of_layers(&(struct manifest){ .config = *config,
						   .items = layers,
						   .item_count = layer_count(outgoing) },
			       &text, &manifest_type, err))
		return -1;
	return registry_manifest_of(&text, manifest_type, ret_manifest, err);
}

static enum compression choose_compression(const struct bringing *bringing)
{
	if (registry_takes_plain(bringing->registry))
		return COMPRESSION_NONE;
	if (bringing->settings->compression != LAYER_ZSTD)
		return COMPRESSION_GZIP;
	event_warning(bringing->sink, "layers compressed with zstd cannot be pulled by Docker "
				      "before 23");
	return COMPRESSION_ZSTD;
}

static int bring_exported(const struct bringing *bringing, const struct descriptor *known,
			  struct registry_manifest *ret_manifest, struct error *err)
{
	AUTO(outgoing_release)
	struct outgoing outgoing = { .bringing = bringing,
				     .known = known,
				     .packer = { .compression = choose_compression(bringing),
						 .folder = bringing->state_folder,
						 .packed = PACKED_INIT },
				     .may_stream = !registry_is_local(bringing->registry),
				     .config = BUF_INIT(LIMIT_JSON_DOCUMENT) };
	AUTOFREE char *id = str_copy(bringing->id, err);
	struct descriptor config = { .digest = id };

	if (!id)
		return -1;
	outgoing.packed = calloc(bringing->layers->len + 1, sizeof(*outgoing.packed));
	if (!outgoing.packed)
		return error_set_memory(err);
	for (size_t i = 0; i < bringing->layers->len; i++)
		outgoing.packed[i] = (struct packed)PACKED_INIT;
	outgoing.sender = sender_new(bringing, bringing->layers->len + 1, err);
	if (!outgoing.sender || receive(&outgoing, err))
		return -1;
	config.size = (int64_t)outgoing.config.len;
	if (finish_sending(&outgoing, &config, err))
		return -1;
	return write_manifest(&outgoing, &config, ret_manifest, err);
}

int direct_bring(const struct bringing *bringing, const struct descriptor *known,
		 struct registry_manifest *ret_manifest, struct error *err)
{
	AUTO(buf_release) struct buf bytes = BUF_INIT(LIMIT_JSON_DOCUMENT);
	struct engine *engine = bringing->engine;
	AUTOFREE char *type = NULL;

	if (engine->ops->read_manifest) {
		if (!engine->ops->read_manifest(engine, bringing->id, &bytes, &type, err))
			return upload_blobs(bringing, &bytes, type, ret_manifest, err);
		if (!error_is(err, ERROR_UNSUPPORTED) || !engine->ops->export_image)
			return -1;
		error_clear(err);
	}
	if (!engine->ops->export_image)
		return error_set(err, ERROR_UNSUPPORTED, "the engine gives no layers");
	return bring_exported(bringing, known, ret_manifest, err);
}
