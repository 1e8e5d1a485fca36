/* SPDX-License-Identifier: MIT */
#include "engine/carry.h"

#include "base/limits.h"
#include "base/secret.h"

void carry_progress(const struct api *api, const struct json *message, const char *step,
		    const char *image)
{
	const struct json *detail = json_get(message, "progressDetail");
	const char *layer = json_text(json_get(message, "id"));
	int64_t bytes = json_int(json_get(detail, "current"), 0);

	if (!layer || !bytes)
		return;
	event_emit(api->engine.sink,
		   &(struct event){ .type = EVENT_PROGRESS,
				    .step = step,
				    .image = image,
				    .subject = layer,
				    .bytes = bytes,
				    .total = json_int(json_get(detail, "total"), 0) });
}

int carry_send(struct api *api, const struct buf *url, const char *registry_auth,
	       struct stream *stream, struct error *err)
{
	AUTO(buf_release) struct buf header = BUF_INIT(LIMIT_HEADER_LINE);
	const char *headers[] = { NULL, api_json_headers[0], NULL };
	struct http_request request = { .method = "POST",
					.url = url->data,
					.headers = headers,
					.sink = stream_feed,
					.sink_arg = stream };
	int status;

	/* Docker from 26 on refuses a push without the header: {} is nobody. */
	buf_add_format(&header, "X-Registry-Auth: %s", registry_auth ? registry_auth : "e30=");
	if (buf_check(&header, "the credentials", err))
		return -1;
	headers[0] = header.data;
	status = api_perform(api, &request, NULL, err);
	secret_wipe(header.data, header.len);
	return status ? -1 : stream_finish(stream, err);
}
