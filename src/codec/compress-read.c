/* SPDX-License-Identifier: MIT */
#include "codec/compress-read.h"

#define MAGIC_LEN 4

struct decompressor {
	struct decompression is;
	const struct unpacker *unpacker; /* NULL: passes as it is */
	void *state;
	char head[MAGIC_LEN]; /* until they tell what it is */
	size_t head_len;
	bool is_known;
	bool is_at_end; /* of a member or frame */
	int64_t in, out;
	char chunk[LIMIT_CHUNK];
};

const char *compression_media_type(enum compression compression, bool is_docker)
{
	static const char *const oci[] = {
		[COMPRESSION_NONE] = "application/vnd.oci.image.layer.v1.tar",
		[COMPRESSION_GZIP] = "application/vnd.oci.image.layer.v1.tar+gzip",
		[COMPRESSION_ZSTD] = "application/vnd.oci.image.layer.v1.tar+zstd",
	};
	static const char *const docker[] = {
		[COMPRESSION_NONE] = "application/vnd.docker.image.rootfs.diff.tar",
		[COMPRESSION_GZIP] = "application/vnd.docker.image.rootfs.diff.tar.gzip",
		[COMPRESSION_ZSTD] = NULL,
	};

	return is_docker ? docker[compression] : oci[compression];
}

enum compression compression_detect(struct slice head)
{
	if (slice_starts(head, "\x1f\x8b"))
		return COMPRESSION_GZIP;
	/* A frame, or one to skip (RFC 8878, 3.1.1 and 3.1.2). */
	if (slice_starts(head, "\x28\xb5\x2f\xfd") ||
	    (head.len >= MAGIC_LEN && (head.data[0] & 0xf0) == 0x50 &&
	     !memcmp(head.data + 1, "\x2a\x4d\x18", 3)))
		return COMPRESSION_ZSTD;
	return COMPRESSION_NONE;
}

static const char *name_of(const struct decompressor *decompressor)
{
	return decompressor->is.compression == COMPRESSION_GZIP ? "gzip" : "zstd";
}

static int open_unpacker(struct decompressor *decompressor, struct error *err)
{
	decompressor->is_known = true;
	if (decompressor->is.compression == COMPRESSION_NONE)
		return 0;
	decompressor->unpacker =
		decompressor->is.compression == COMPRESSION_GZIP ? &unpacker_gzip : &unpacker_zstd;
	if (!decompressor->unpacker->open)
		return error_set(err, ERROR_UNSUPPORTED, "this git-image was built without zstd");
	decompressor->state = decompressor->unpacker->open();
	return decompressor->state ? 0 : error_set_memory(err);
}

int decompressor_new(const struct decompression *decompression,
		     struct decompressor **ret_decompressor, struct error *err)
{
	AUTO(decompressor_freep)
	struct decompressor *decompressor = calloc(1, sizeof(*decompressor));

	if (!decompressor)
		return error_set_memory(err);
	decompressor->is = *decompression;
	if (!decompression->is_detected && open_unpacker(decompressor, err))
		return -1;
	*ret_decompressor = TAKE(decompressor);
	return 0;
}

void decompressor_free(struct decompressor *decompressor)
{
	if (!decompressor)
		return;
	if (decompressor->state)
		decompressor->unpacker->close(decompressor->state);
	free(decompressor);
}

void decompressor_freep(struct decompressor **decompressor)
{
	decompressor_free(*decompressor);
}

static int give(struct decompressor *decompressor, const void *data, size_t len, struct error *err)
{
	const struct decompression *is = &decompressor->is;

	if (!len)
		return 0;
	if ((int64_t)len > is->max_bytes - decompressor->out)
		return error_set(err, ERROR_PROTOCOL, "it holds more than %lld bytes",
				 (long long)is->max_bytes);
	decompressor->out += (int64_t)len;
	if (decompressor->out > (int64_t)LIMIT_DECOMPRESS_FREE &&
	    decompressor->out / LIMIT_DECOMPRESS_RATIO > decompressor->in)
		return error_set(err, ERROR_PROTOCOL, "it expands to more than %d times its size",
				 LIMIT_DECOMPRESS_RATIO);
	return is->sink(is->sink_arg, data, len, err);
}

/* Once with what is there: nonzero `*ret_is_full` if there may be more without more input. */
static int unpack_step(struct decompressor *decompressor, struct slice *rest, bool *ret_is_full,
		       struct error *err)
{
	size_t out_len = sizeof(decompressor->chunk), before = rest->len;
	enum unpacked outcome = decompressor->unpacker->unpack(decompressor->state, rest,
							       decompressor->chunk, &out_len);

	decompressor->in += (int64_t)(before - rest->len);
	decompressor->is_at_end = outcome == UNPACKED_END;
	*ret_is_full = outcome == UNPACKED_MORE && out_len == sizeof(decompressor->chunk);
	if (give(decompressor, decompressor->chunk, out_len, err))
		return -1;
	if (outcome == UNPACKED_MEMORY)
		return error_set_memory(err);
	if (outcome == UNPACKED_BAD)
		return error_set(err, ERROR_PROTOCOL, "it is no valid %s after %lld bytes",
				 name_of(decompressor), (long long)decompressor->in);
	return 0;
}

static int unpack(struct decompressor *decompressor, struct slice rest, struct error *err)
{
	bool is_full = false;

	if (!decompressor->unpacker) {
		decompressor->in += (int64_t)rest.len;
		return give(decompressor, rest.data, rest.len, err);
	}
	while (rest.len || is_full)
		if (unpack_step(decompressor, &rest, &is_full, err))
			return -1;
	return 0;
}

/* The first bytes decide, once there are enough or no more. */
static int decide(struct decompressor *decompressor, struct error *err)
{
	struct slice head = { decompressor->head, decompressor->head_len };

	decompressor->is.compression = compression_detect(head);
	if (open_unpacker(decompressor, err))
		return -1;
	return unpack(decompressor, head, err);
}

int decompressor_write(struct decompressor *decompressor, const void *data, size_t len,
		       struct error *err)
{
	struct slice rest = { data, len };

	while (!decompressor->is_known && rest.len) {
		decompressor->head[decompressor->head_len++] = rest.data[0];
		rest = slice_skip(rest, 1);
		if (decompressor->head_len == MAGIC_LEN && decide(decompressor, err))
			return -1;
	}
	return rest.len ? unpack(decompressor, rest, err) : 0;
}

int decompressor_finish(struct decompressor *decompressor, struct error *err)
{
	if (!decompressor->is_known && decide(decompressor, err))
		return -1;
	if (!decompressor->unpacker || decompressor->is_at_end)
		return 0;
	return error_set(err, ERROR_PROTOCOL, "it ends amid %s's data", name_of(decompressor));
}
