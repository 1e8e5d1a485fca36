/* SPDX-License-Identifier: MIT */
#pragma once
/* TLS 1.2 or newer for channels (libssl behind it). Inside net/ only. */
#include "net/channel.h"

/*
 * Puts TLS over a connected channel: the peer proves with a certificate that
 * it is `tls->server_name` (else `host`), and agrees on HTTP/2 (ALPN, RFC 9113
 * 3.3). Replaces `*channel`; after a failure it is there to be freed only. What the peer refuses of
 * us (our certificate) is ERROR_DENIED.
 */
int tls_start(struct channel **channel, const char *host, const struct channel_tls *tls,
	      int64_t deadline_ms, struct error *err) CHECK;
