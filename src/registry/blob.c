/* SPDX-License-Identifier: MIT */
#include "registry/blob.h"

#include "base/time.h"
#include "registry/transfer.h"

/* More at once makes some registries answer 5xx, and no line faster. */
#define TRANSFERS 4
#define DRIVE_MS  250
/* Of two clients each is driven for so long in turn. */
#define TWO_CLIENTS_MS 10

struct board {
	struct registry *registry;
	const struct registry_upload *upload;
	struct transfer transfers[TRANSFERS];
	size_t next; /* blob to begin */
};

static void board_release(struct board *board)
{
	for (size_t i = 0; i < TRANSFERS; i++)
		if (board->transfers[i].blob)
			transfer_release(&board->transfers[i]);
}

/* An image may have one layer twice. */
static bool is_listed_before(const struct registry_upload *upload, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (str_equal(upload->blobs[i].digest, upload->blobs[index].digest))
			return true;
	return false;
}

/* A blob for a free transfer; NULL if none is left. */
static struct registry_blob *take_blob(struct board *board)
{
	const struct registry_upload *upload = board->upload;

	while (board->next < upload->count) {
		size_t at = board->next++;

		if (!is_listed_before(upload, at))
			return &upload->blobs[at];
		upload->blobs[at].outcome = REGISTRY_BLOB_THERE;
	}
	return NULL;
}

/* How many are not done yet; -1 with the first error. */
static int advance(struct board *board, struct error *err)
{
	int busy = 0;

	for (size_t i = 0; i < TRANSFERS; i++) {
		struct transfer *transfer = &board->transfers[i];
		struct registry_blob *blob = transfer->blob;
		int status = 1;

		while (status) {
			if (!transfer->blob && !(blob = take_blob(board)))
				break;
			if (!transfer->blob &&
			    transfer_init(transfer, board->registry, board->upload, blob, err))
				return -1;
			status = transfer_advance(transfer, err);
			if (status < 0)
				return error_wrap(err, "blob %s", blob->digest);
			if (status)
				transfer_release(transfer);
		}
		busy += status ? 0 : 1;
	}
	return busy;
}

/* The earliest end of a wait between attempts, NULL if nobody waits. */
static struct transfer *find_waiting(struct board *board)
{
	struct transfer *first = NULL;

	for (size_t i = 0; i < TRANSFERS; i++) {
		struct transfer *transfer = &board->transfers[i];

		if (transfer->resume_at_ms &&
		    (!first || transfer->resume_at_ms < first->resume_at_ms))
			first = transfer;
	}
	return first;
}

static int drive(struct board *board, int64_t wait_ms, bool *ret_any, struct error *err)
{
	struct http_client *clients[TRANSFERS];
	size_t count = 0;

	for (size_t i = 0; i < TRANSFERS; i++) {
		struct transfer *transfer = &board->transfers[i];
		bool is_new = transfer->exchange;

		for (size_t k = 0; k < count; k++)
			is_new = is_new && clients[k] != transfer->client;
		if (is_new)
			clients[count++] = transfer->client;
	}
	if (count > 1 && wait_ms > TWO_CLIENTS_MS)
		wait_ms = TWO_CLIENTS_MS;
	for (size_t i = 0; i < count; i++)
		if (http_drive(clients[i], wait_ms, err))
			return -1;
	*ret_any = count;
	return 0;
}

/* Until something moves or somebody's wait is over. */
static int await(struct board *board, struct error *err)
{
	struct transfer *waiting = find_waiting(board);
	int64_t left = waiting ? waiting->resume_at_ms - time_monotonic_ms() : DRIVE_MS;
	bool any;

	if (left < 0)
		left = 0;
	if (drive(board, left < DRIVE_MS ? left : DRIVE_MS, &any, err))
		return -1;
	if (any || !waiting)
		return 0;
	if (retry_sleep(board->registry->retry, left, err))
		return -1;
	waiting->resume_at_ms = 1; /* long past */
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

int registry_upload_blobs(struct registry *registry, const struct registry_upload *upload,
			  struct error *err)
{
	AUTO(board_release) struct board board = { .registry = registry, .upload = upload };
	int busy;

	for (size_t i = 0; i < upload->count; i++)
		upload->blobs[i].outcome = REGISTRY_BLOB_UNKNOWN;
	if (allow_mount(registry, upload->mount_from, err))
		return -1;
	while ((busy = advance(&board, err)) > 0)
		if (await(&board, err))
			return -1;
	return busy;
}
