/* SPDX-License-Identifier: MIT */
#include "registry/transfer.h"

#include "base/limits.h"

/* A smaller body costs less than the round trip that may save it. */
#define AWAIT_CONTINUE_FROM ((int64_t)MIB)

void transfer_release(struct transfer *transfer)
{
	errand_release(&transfer->errand);
	transfer_body_stop(transfer);
	digest_release(&transfer->sum);
	free(transfer->session);
	*transfer = (struct transfer){ 0 };
}

static const char *path_of(const struct transfer *transfer, struct buf *buf)
{
	const char *digest = transfer->blob->digest;

	if (transfer->step == TRANSFER_SEND)
		return NULL;
	buf_add_text(buf, "blobs/");
	if (transfer->step == TRANSFER_HEAD)
		buf_add_text(buf, digest);
	else if (transfer->step == TRANSFER_OPEN)
		buf_add_text(buf, "uploads/");
	else
		buf_add_format(buf, "uploads/?mount=%s&from=%s", digest,
			       transfer->upload->mount_from);
	return buf->data;
}

static int begin_body(struct transfer *transfer, struct registry_request *request,
		      struct error *err)
{
	int64_t size = transfer->blob->size;

	request->header = "Content-Type: application/octet-stream";
	request->location = transfer->session;
	request->stall_ms = LIMIT_STORE_MS;
	if (!size)
		return 0;
	if (transfer_body_start(transfer, err))
		return -1;
	request->source = transfer_body_read;
	request->rewind = transfer_body_start;
	request->source_arg = transfer;
	request->source_size = size;
	request->has_source_failed = &transfer->has_source_failed;
	request->awaits_continue = size >= AWAIT_CONTINUE_FROM;
	return 0;
}

/* 0 once the step's request is ready to go. */
static int go(struct transfer *transfer, enum transfer_step step, struct error *err)
{
	static const char *const methods[] = { "HEAD", "POST", "POST", "PUT" };
	AUTO(buf_release) struct buf path = BUF_INIT(LIMIT_HEADER_LINE);
	struct registry_request request = {
		.method = methods[step],
		.is_push = true,
		.is_part = true,
		.is_try = step == TRANSFER_MOUNT,
	};

	transfer->step = step;
	request.path = path_of(transfer, &path);
	if (buf_check(&path, "a URL", err) ||
	    (step == TRANSFER_SEND && begin_body(transfer, &request, err)))
		return -1;
	return ask_start(&transfer->errand.ask, &request, err);
}

/* After a wait from the begin; after a new token only the session is another. */
static int restart(struct transfer *transfer, struct error *err)
{
	bool has_waited = transfer->errand.ask.resume_at_ms;

	return go(transfer,
		  transfer->step == TRANSFER_SEND && !has_waited ? TRANSFER_OPEN : TRANSFER_HEAD,
		  err);
}

static int refuse(const struct transfer *transfer, const struct http_response *response,
		  struct error *err)
{
	return registry_refusal(transfer->errand.ask.registry, response, err);
}

static int finish(struct transfer *transfer, enum registry_blob_outcome outcome)
{
	transfer->blob->outcome = outcome;
	return 1;
}

int transfer_check_digest(const char *digest, const struct http_response *response,
			  struct error *err)
{
	struct registry_digest said;

	if (registry_read_digest(response, &said, err))
		return -1;
	if (said.text[0] && !str_equal(said.text, digest))
		return error_set(err, ERROR_PROTOCOL, "the registry says it is %s", said.text);
	return 0;
}

static int check_digest(const struct transfer *transfer, const struct http_response *response,
			struct error *err)
{
	return transfer_check_digest(transfer->blob->digest, response, err);
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

/* It is not there and was not mounted. */
static int open_session(struct transfer *transfer, struct error *err)
{
	return transfer->blob->start ? go(transfer, TRANSFER_OPEN, err)
				     : finish(transfer, REGISTRY_BLOB_MISSING);
}

static int on_head(struct transfer *transfer, const struct http_response *response,
		   struct error *err)
{
	bool is_elsewhere = !ask_is_own(&transfer->errand.ask);

	if (response->status == 200) {
		if (check_digest(transfer, response, err) || check_length(transfer, response, err))
			return -1;
		return finish(transfer, REGISTRY_BLOB_THERE);
	}
	/* Storage whose links are for GET alone leaves it open: it is sent. */
	if (retry_is_temporary(response->status) ||
	    (response->status != 404 && response->status != 405 && !is_elsewhere))
		return refuse(transfer, response, err);
	return transfer->upload->mount_from ? go(transfer, TRANSFER_MOUNT, err)
					    : open_session(transfer, err);
}

int transfer_follow_session(struct ask *ask, const struct http_response *response,
			    const char *digest, char **session, struct error *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_HEADER_LINE);

	if (registry_follow(ask->registry, response, 1, &ask->url, err))
		return -1;
	url_add(&ask->url, &text);
	if (digest)
		buf_add_format(&text, "%cdigest=%s", strchr(ask->url.path, '?') ? '&' : '?',
			       digest);
	return buf_check(&text, "a URL", err) ? -1 : str_replace(session, text.data, err);
}

static int take_session(struct transfer *transfer, const struct http_response *response,
			struct error *err)
{
	if (check_digest(transfer, response, err) ||
	    transfer_follow_session(&transfer->errand.ask, response, transfer->blob->digest,
				    &transfer->session, err))
		return -1;
	return go(transfer, TRANSFER_SEND, err);
}

static int on_session(struct transfer *transfer, const struct http_response *response,
		      struct error *err)
{
	bool is_mount = transfer->step == TRANSFER_MOUNT;

	if (response->status == 202)
		return transfer->blob->start ? take_session(transfer, response, err)
					     : finish(transfer, REGISTRY_BLOB_MISSING);
	if (!is_mount || retry_is_temporary(response->status))
		return refuse(transfer, response, err);
	if (response->status == 201)
		return check_digest(transfer, response, err)
			       ? -1
			       : finish(transfer, REGISTRY_BLOB_MOUNTED);
	/* Some deny what they cannot mount. */
	if (response->status / 100 != 4)
		return refuse(transfer, response, err);
	return open_session(transfer, err);
}

static int on_sent(struct transfer *transfer, const struct http_response *response,
		   struct error *err)
{
	if (response->status == 201 || response->status == 200)
		return check_digest(transfer, response, err) ? -1
							     : finish(transfer, REGISTRY_BLOB_SENT);
	/* The session is lost, not the blob refused. */
	if ((response->status == 404 || response->status == 416) &&
	    ask_postpone(&transfer->errand.ask) == ASK_AGAIN)
		return restart(transfer, err);
	return refuse(transfer, response, err);
}

static int next(struct errand *errand, struct http_response *response, struct error *err)
{
	struct transfer *transfer = (struct transfer *)errand;

	transfer_body_stop(transfer);
	if (!response)
		return restart(transfer, err);
	if (transfer->step == TRANSFER_HEAD)
		return on_head(transfer, response, err);
	return transfer->step == TRANSFER_SEND ? on_sent(transfer, response, err)
					       : on_session(transfer, response, err);
}

int transfer_init(struct transfer *transfer, struct registry *registry,
		  const struct registry_upload *upload, struct registry_blob *blob,
		  struct error *err)
{
	if (!digest_is_valid(blob->digest) || blob->size < 0)
		return error_set(err, ERROR_INPUT, "'%.80s' with %lld bytes is no blob",
				 blob->digest, (long long)blob->size);
	*transfer = (struct transfer){
		.errand = { .ask.registry = registry, .next = next },
		.upload = upload,
		.blob = blob,
	};
	return 0;
}
