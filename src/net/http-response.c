/* SPDX-License-Identifier: MIT */
#include <strings.h>

#include "net/http.h"

void http_response_release(struct http_response *response)
{
	for (size_t i = 0; i < response->header_count; i++) {
		free(response->headers[i].name);
		free(response->headers[i].value);
	}
	free(response->headers);
	buf_release(&response->body);
	*response = (struct http_response)HTTP_RESPONSE_INIT;
}

const struct http_header *http_header_next(const struct http_response *response, const char *name,
					   const struct http_header *after)
{
	size_t i = after ? (size_t)(after - response->headers) + 1 : 0;

	for (; i < response->header_count; i++)
		if (!strcasecmp(response->headers[i].name, name))
			return &response->headers[i];
	return NULL;
}

const char *http_header_get(const struct http_response *response, const char *name)
{
	const struct http_header *header = http_header_next(response, name, NULL);

	return header ? header->value : NULL;
}
