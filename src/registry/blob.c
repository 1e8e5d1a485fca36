/* SPDX-License-Identifier: MIT */
#include "registry/blob.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "registry/store.h"
#include "registry/transfer.h"

/* More at once makes some registries answer 5xx, and no line faster. */
#define TRANSFERS 4

static int source_start(void *arg, struct error *err)
{
	struct registry_source *source = arg;

	(void)err;
	source->at = 0;
	return 0;
}

static ssize_t source_read(void *arg, void *data, size_t len, struct error *err)
{
	struct registry_source *source = arg;
	struct slice rest = slice_skip(source->bytes, (size_t)source->at);
	ssize_t count;

	if (source->fd < 0) {
		count = (ssize_t)(len < rest.len ? len : rest.len);
		memcpy(data, rest.data, (size_t)count);
	} else {
		do
			count = pread(source->fd, data, len, source->at);
		while (count < 0 && errno == EINTR);
		if (count < 0)
			return error_set_errno(err, errno, "cannot read its file");
	}
	source->at += count;
	return count;
}

void registry_blob_read_from(struct registry_blob *blob, struct registry_source *source)
{
	blob->start = source_start;
	blob->read = source_read;
	blob->arg = source;
}

struct board {
	struct transfer *transfers;
	struct errand **errands; /* of these */
	size_t count;
};

static void board_release(struct board *board)
{
	for (size_t i = 0; i < board->count; i++)
		transfer_release(&board->transfers[i]);
	free(board->transfers);
	free(board->errands);
}

/* An image may have one layer twice. */
static bool is_listed_before(const struct registry_upload *upload, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (str_equal(upload->blobs[i].digest, upload->blobs[index].digest))
			return true;
	return false;
}

static int prepare(struct registry *registry, const struct registry_upload *upload,
		   struct board *board, struct error *err)
{
	board->transfers = calloc(upload->count + 1, sizeof(*board->transfers));
	board->errands = calloc(upload->count + 1, sizeof(struct errand *));
	if (!board->transfers || !board->errands)
		return error_set_memory(err);
	for (size_t i = 0; i < upload->count; i++) {
		struct transfer *transfer = &board->transfers[board->count];
		struct registry_blob *blob = &upload->blobs[i];
		bool is_double = is_listed_before(upload, i);

		blob->outcome = is_double ? REGISTRY_BLOB_THERE : REGISTRY_BLOB_UNKNOWN;
		if (is_double)
			continue;
		if (transfer_init(transfer, registry, upload, blob, err))
			return -1;
		board->errands[board->count++] = &transfer->errand;
	}
	return 0;
}

/* A token that allows the mount too is got with the next request. */
static int allow_mount(struct registry *registry, const char *from, struct error *err)
{
	if (!from || str_equal(registry->mount_from, from))
		return 0;
	if (reference_check_repository(from, err) || str_replace(&registry->mount_from, from, err))
		return -1;
	if (registry->challenge.is_bearer)
		registry->may_push = false;
	return 0;
}

static int name_failed(const struct board *board, struct error *err)
{
	for (size_t i = 0; i < board->count; i++) {
		const struct transfer *transfer = &board->transfers[i];

		if (transfer->errand.state != ERRAND_FAILED)
			continue;
		if (transfer->step == TRANSFER_MOUNT || transfer->step == TRANSFER_OPEN)
			registry_explain_hang_up(err);
		error_wrap(err, "blob %s", transfer->blob->digest);
	}
	return -1;
}

int registry_upload_blobs(struct registry *registry, const struct registry_upload *upload,
			  struct error *err)
{
	AUTO(board_release) struct board board = { 0 };

	if (registry->store)
		return store_upload(registry->store, upload, err);
	if (prepare(registry, upload, &board, err) ||
	    allow_mount(registry, upload->mount_from, err))
		return -1;
	if (errands_run(board.errands, board.count, TRANSFERS, err))
		return name_failed(&board, err);
	return 0;
}
