/* SPDX-License-Identifier: MIT */
#include "registry/transfer.h"

static int fail(struct transfer *transfer)
{
	transfer->has_source_failed = true;
	return -1;
}

void transfer_body_stop(struct transfer *transfer)
{
	if (transfer->is_started && transfer->blob->stop)
		transfer->blob->stop(transfer->blob->arg);
	transfer->is_started = false;
}

int transfer_body_start(void *arg, struct error *err)
{
	struct transfer *transfer = arg;

	digest_release(&transfer->sum);
	transfer->sent = 0;
	transfer->is_started = true;
	if (transfer->blob->start(transfer->blob->arg, err) || digest_init(&transfer->sum, err))
		return fail(transfer);
	return 0;
}

static void tell(struct transfer *transfer)
{
	const struct registry_upload *upload = transfer->upload;

	if (transfer->sent < transfer->blob->size && !event_is_due(&transfer->told_at_ms))
		return;
	event_emit(upload->sink, &(struct event){ .type = EVENT_PROGRESS,
						  .step = upload->step,
						  .image = upload->image,
						  .subject = transfer->blob->digest,
						  .bytes = transfer->sent,
						  .total = transfer->blob->size });
}

/* Before its last bytes go out, so that a wrong blob never arrives whole. */
static int check_end(struct transfer *transfer, struct error *err)
{
	struct digest_text digest;

	if (transfer->sent < transfer->blob->size)
		return 0;
	digest = digest_finish(&transfer->sum);
	if (str_equal(digest.text, transfer->blob->digest))
		return 0;
	error_set(err, ERROR_PROTOCOL, "what is to be sent is %s", digest.text);
	return fail(transfer);
}

ssize_t transfer_body_read(void *arg, void *data, size_t len, struct error *err)
{
	struct transfer *transfer = arg;
	const struct registry_blob *blob = transfer->blob;
	int64_t left = blob->size - transfer->sent;
	ssize_t count;

	if (!left)
		return 0;
	count = blob->read(blob->arg, data, (int64_t)len < left ? len : (size_t)left, err);
	if (count < 0)
		return fail(transfer);
	if (!count) {
		error_set(err, ERROR_PROTOCOL, "what is to be sent has %lld bytes, not %lld",
			  (long long)transfer->sent, (long long)blob->size);
		return fail(transfer);
	}
	digest_add(&transfer->sum, data, (size_t)count);
	transfer->sent += count;
	if (check_end(transfer, err))
		return -1;
	tell(transfer);
	return count;
}
