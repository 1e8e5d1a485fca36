/* SPDX-License-Identifier: MIT */
#pragma once
/* From HTTP/1.1 to HTTP/2 on the same connection (RFC 9110, 7.8). */
#include "net/channel.h"

/*
 * POSTs to `path` with "Upgrade: h2c" and `headers` ("Name: value" each,
 * NULL-terminated; NULL: none) and awaits 101. What comes behind the answer is
 * the channel's to read: HTTP/2 with prior knowledge. Any other answer is an
 * error with http_status and the text of its body: 401 and 403 are
 * ERROR_DENIED, other 4xx ERROR_UNSUPPORTED, 5xx ERROR_UNREACHABLE, else
 * ERROR_PROTOCOL.
 */
int channel_upgrade(struct channel *channel, const char *path, const char *const *headers,
		    struct error *err) CHECK;
