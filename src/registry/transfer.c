/* SPDX-License-Identifier: MIT */
#include "registry/transfer.h"

#include "base/limits.h"
#include "base/time.h"

/* A smaller body costs less than the round trip that may save it. */
#define AWAIT_CONTINUE_FROM ((int64_t)MIB)

int transfer_init(struct transfer *transfer, struct registry *registry,
		  const struct registry_upload *upload, struct registry_blob *blob,
		  struct error *err)
{
	if (!digest_is_valid(blob->digest) || blob->size < 0)
		return error_set(err, ERROR_INPUT, "'%.80s' with %lld bytes is no blob",
				 blob->digest, (long long)blob->size);
	*transfer = (struct transfer){
		.registry = registry,
		.upload = upload,
		.blob = blob,
	};
	return 0;
}

static void end_request(struct transfer *transfer)
{
	http_exchange_free(TAKE(transfer->exchange));
	transfer_body_stop(transfer);
}

void transfer_release(struct transfer *transfer)
{
	end_request(transfer);
	url_release(&transfer->url);
	digest_release(&transfer->sum);
	*transfer = (struct transfer){ 0 };
}

/* Where a step's request goes; TRANSFER_SEND has its session's URL already. */
static int aim(struct transfer *transfer, struct error *err)
{
	const char *repository = transfer->registry->repository;
	AUTO(buf_release) struct buf path = BUF_INIT(LIMIT_HEADER_LINE);
	AUTO(url_release) struct url url = { 0 };

	if (transfer->step == TRANSFER_SEND || transfer->hops)
		return 0;
	buf_add_format(&path, "/v2/%s/blobs/", repository);
	if (transfer->step == TRANSFER_HEAD) {
		buf_add_text(&path, transfer->blob->digest);
	} else {
		buf_add_text(&path, "uploads/");
		if (transfer->step == TRANSFER_MOUNT)
			buf_add_format(&path, "?mount=%s&from=%s", transfer->blob->digest,
				       transfer->upload->mount_from);
	}
	if (buf_check(&path, "a URL", err) ||
	    url_resolve(&transfer->registry->origin, path.data, &url, err))
		return -1;
	url_release(&transfer->url);
	transfer->url = url;
	url = (struct url){ 0 };
	return 0;
}

static int begin_body(struct transfer *transfer, struct http_request *request, struct error *err)
{
	int64_t size = transfer->blob->size;

	if (transfer->step != TRANSFER_SEND || !size)
		return 0;
	if (transfer_body_start(transfer, err))
		return -1;
	request->source = transfer_body_read;
	request->rewind = transfer_body_start;
	request->source_arg = transfer;
	request->source_size = size;
	request->awaits_continue = size >= AWAIT_CONTINUE_FROM;
	return 0;
}

static int begin_request(struct transfer *transfer, struct error *err)
{
	static const char *const methods[] = { "HEAD", "POST", "POST", "PUT" };
	bool is_send = transfer->step == TRANSFER_SEND;
	struct registry *registry = transfer->registry;
	AUTO(buf_release) struct buf url = BUF_INIT(LIMIT_HEADER_LINE);
	const char *headers[3] = { NULL };
	struct http_request request = {
		.method = methods[transfer->step],
		.headers = headers,
		.stall_ms = is_send ? LIMIT_STORE_MS : LIMIT_STALL_MS,
	};
	size_t count = 0;

	if (aim(transfer, err) || authorization_prepare(registry, true, err))
		return -1;
	url_add(&transfer->url, &url);
	if (buf_check(&url, "a URL", err) || begin_body(transfer, &request, err))
		return -1;
	request.url = url.data;
	if (is_send)
		headers[count++] = "Content-Type: application/octet-stream";
	if (url_is_same_origin(&registry->origin, &transfer->url) && registry->header.data)
		headers[count++] = registry->header.data;
	transfer->authorizations = registry->authorizations;
	transfer->client = registry_client_for(registry, &transfer->url);
	transfer->exchange = http_start(transfer->client, &request, err);
	return transfer->exchange ? 0 : -1;
}

/* From the begin, after a wait; no attempt left: -1 with what stopped it. */
static int postpone(struct transfer *transfer, const struct http_response *response,
		    struct error *err)
{
	struct registry *registry = transfer->registry;
	AUTO(buf_release) struct buf origin = BUF_INIT(300);
	int64_t wait;

	url_add_origin(&transfer->url, &origin);
	wait = retry_next(registry->retry, &transfer->course, origin.data, response);
	if (wait < 0)
		return response ? registry_refusal(registry, response, err) : -1;
	error_clear(err);
	transfer->step = TRANSFER_HEAD;
	transfer->hops = 0;
	transfer->answered = 0;
	transfer->resume_at_ms = time_monotonic_ms() + wait;
	return 0;
}

static int finish(struct transfer *transfer, enum registry_blob_outcome outcome)
{
	transfer->step = TRANSFER_DONE;
	transfer->blob->outcome = outcome;
	return 0;
}

static void go(struct transfer *transfer, enum transfer_step step)
{
	transfer->step = step;
	transfer->hops = 0;
}

/* Another blob's digest is no success. */
static int check_digest(const struct transfer *transfer, const struct http_response *response,
			struct error *err)
{
	struct registry_digest said;

	if (registry_read_digest(response, &said, err))
		return -1;
	if (said.text[0] && !str_equal(said.text, transfer->blob->digest))
		return error_set(err, ERROR_PROTOCOL, "the registry says it is %s", said.text);
	return 0;
}

/* A length of 0 is what some say to any HEAD. */
static int check_length(const struct transfer *transfer, const struct http_response *response,
			struct error *err)
{
	const char *said = http_header_get(response, "Content-Length");
	int64_t length;

	if (!said || !str_to_int(said, 1, INT64_MAX, &length) || length == transfer->blob->size)
		return 0;
	return error_set(err, ERROR_PROTOCOL, "the registry has %lld bytes of it, expected %lld",
			 (long long)length, (long long)transfer->blob->size);
}

static int on_head(struct transfer *transfer, const struct http_response *response,
		   struct error *err)
{
	bool is_elsewhere = !url_is_same_origin(&transfer->registry->origin, &transfer->url);

	if (registry_is_redirect(response->status)) {
		transfer->hops++;
		return registry_follow(transfer->registry, response, transfer->hops, &transfer->url,
				       err);
	}
	if (response->status == 200) {
		if (check_digest(transfer, response, err) || check_length(transfer, response, err))
			return -1;
		return finish(transfer, REGISTRY_BLOB_THERE);
	}
	/* Storage whose links are for GET alone leaves it open: it is sent. */
	if (response->status != 404 && response->status != 405 && !is_elsewhere)
		return registry_refusal(transfer->registry, response, err);
	go(transfer, transfer->upload->mount_from ? TRANSFER_MOUNT : TRANSFER_OPEN);
	return 0;
}

/* A session begins where Location says, with whatever query it has. */
static int take_session(struct transfer *transfer, const struct http_response *response,
			struct error *err)
{
	struct url *url = &transfer->url;
	char *path;

	if (check_digest(transfer, response, err) ||
	    registry_follow(transfer->registry, response, 1, url, err))
		return -1;
	path = str_format(err, "%s%cdigest=%s", url->path, strchr(url->path, '?') ? '&' : '?',
			  transfer->blob->digest);
	if (!path)
		return -1;
	free(url->path);
	url->path = path;
	go(transfer, TRANSFER_SEND);
	return 0;
}

static int on_session(struct transfer *transfer, const struct http_response *response,
		      struct error *err)
{
	bool is_mount = transfer->step == TRANSFER_MOUNT;

	if (response->status == 202)
		return take_session(transfer, response, err);
	if (!is_mount)
		return registry_refusal(transfer->registry, response, err);
	if (response->status == 201)
		return check_digest(transfer, response, err)
			       ? -1
			       : finish(transfer, REGISTRY_BLOB_MOUNTED);
	/* Some deny what they cannot mount. */
	if (response->status / 100 != 4)
		return registry_refusal(transfer->registry, response, err);
	go(transfer, TRANSFER_OPEN);
	return 0;
}

static int on_sent(struct transfer *transfer, const struct http_response *response,
		   struct error *err)
{
	if (response->status == 201 || response->status == 200)
		return check_digest(transfer, response, err) ? -1
							     : finish(transfer, REGISTRY_BLOB_SENT);
	/* The session is lost, not the blob refused. */
	if (response->status == 404 || response->status == 416)
		return postpone(transfer, response, err);
	return registry_refusal(transfer->registry, response, err);
}

/* 1 if the step is to be made again, 0 if the 401 stays one. What was made
 * before another transfer got a new token is made again with that. */
static int answer_401(struct transfer *transfer, const struct http_response *response,
		      struct error *err)
{
	struct registry *registry = transfer->registry;
	unsigned bit = 1U << transfer->step;

	if (!url_is_same_origin(&registry->origin, &transfer->url) || transfer->answered & bit)
		return 0;
	transfer->answered |= bit;
	if (transfer->authorizations == registry->authorizations &&
	    authorization_answer(registry, response, true, err))
		return -1;
	/* Part of the body may be gone: another session. */
	if (transfer->step == TRANSFER_SEND)
		go(transfer, TRANSFER_OPEN);
	return 1;
}

static int on_response(struct transfer *transfer, const struct http_response *response,
		       struct error *err)
{
	int status = response->status == 401 ? answer_401(transfer, response, err) : 0;

	if (status)
		return status < 0 ? -1 : 0;
	if (retry_is_temporary(response->status))
		return postpone(transfer, response, err);
	switch (transfer->step) {
	case TRANSFER_HEAD:
		return on_head(transfer, response, err);
	case TRANSFER_SEND:
		return on_sent(transfer, response, err);
	default:
		return on_session(transfer, response, err);
	}
}

/* 1 if the exchange has ended and its answer was dealt with, 0 if not yet. */
static int poll(struct transfer *transfer, struct error *err)
{
	int status = http_exchange_poll(transfer->exchange, err);

	if (!status)
		return 0;
	if (status > 0)
		status = on_response(transfer, http_exchange_response(transfer->exchange), err);
	else if (error_is(err, ERROR_UNREACHABLE) && !transfer->has_source_failed)
		status = postpone(transfer, NULL, err);
	else
		registry_explain(transfer->registry, &transfer->url, err);
	end_request(transfer);
	return status ? -1 : 1;
}

int transfer_advance(struct transfer *transfer, struct error *err)
{
	for (;;) {
		if (transfer->exchange) {
			int status = poll(transfer, err);

			if (status <= 0)
				return status;
			if (transfer->resume_at_ms)
				return 0;
		}
		if (transfer->step == TRANSFER_DONE)
			return 1;
		if (transfer->resume_at_ms > time_monotonic_ms())
			return 0;
		transfer->resume_at_ms = 0;
		if (begin_request(transfer, err))
			return -1;
	}
}
