/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The one door for HTTP/1.1, over TCP, TLS or a unix socket (libcurl behind
 * it). A client keeps its connections alive. Exchanges run side by side on
 * one thread: whoever waits for one drives all of them, so the sink of an open
 * event stream is fed while another request is under way. Redirects are never
 * followed here; the caller judges Location. Proxies are the environment's, as
 * curl(1) reads it, never to loopback. Bodies are streams with limits.
 * Ctrl-C ends every wait with ERROR_INTERRUPTED.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/str.h"

struct http_client;
struct http_exchange;

struct http_client_options {
	const char *unix_socket; /* NULL: TCP */
	const char *ca_file;	 /* NULL: the system's; PEM */
	const char *client_certificate;
	const char *client_key;
	bool may_skip_verification;
	/* Driven along with this one, which must live longer; NULL: alone. */
	struct http_client *beside;
};

/* Takes part of a body; 0, or -1 with err set, which ends the exchange. */
typedef int http_sink(void *arg, const void *data, size_t len, struct error *err);
/* Gives up to `len` bytes of a request's body: their count, 0 at its end, -1. */
typedef ssize_t http_source(void *arg, void *data, size_t len, struct error *err);
/* Starts the source again from its first byte, when libcurl must send twice. */
typedef int http_rewind(void *arg, struct error *err);

struct http_request {
	const char *method;	    /* NULL: GET */
	const char *url;	    /* absolute; over a unix socket "http://engine/..." */
	const char *const *headers; /* "Name: value", NULL-terminated; may be NULL */
	struct slice body;	    /* or: */
	http_source *source;
	int64_t source_size; /* all that it gives; 0: not known, sent in chunks */
	http_rewind *rewind;
	void *source_arg;
	http_sink *sink; /* 2xx bodies go here; NULL: into the response's body */
	void *sink_arg;
	size_t body_max;    /* of a response kept in memory; 0: LIMIT_JSON_DOCUMENT */
	int64_t timeout_ms; /* of the whole exchange; 0: none */
	int64_t stall_ms;   /* without any byte moving; 0: none */
	/* Sends the head first and the body once the server wants it (RFC 9110
	 * 10.1.1), or says nothing for a second. */
	bool awaits_continue;
};

struct http_header {
	char *name; /* as sent; compare without case */
	char *value;
};

struct http_response {
	int status;
	struct http_header *headers;
	size_t header_count;
	struct buf body; /* what did not go to a sink: always so unless 2xx */
};

#define HTTP_RESPONSE_INIT                                                                         \
	{                                                                                          \
		.body = BUF_INIT(0)                                                                \
	}

void http_response_release(struct http_response *response);
/* The first header of that name, NULL if none; `after` continues behind one. */
const char *http_header_get(const struct http_response *response, const char *name);
const struct http_header *http_header_next(const struct http_response *response, const char *name,
					   const struct http_header *after);

int http_client_new(const struct http_client_options *options, struct http_client **ret_client,
		    struct error *err) CHECK;
void http_client_free(struct http_client *client);
void http_client_freep(struct http_client **client);

#define HTTP_ASKED_FOR_OURS ", after it asked for a certificate of ours"

/*
 * Sends a request and awaits all of the answer. Any status is success here:
 * what it means, the caller knows. Failures: ERROR_UNREACHABLE (no connection,
 * broken off, timed out; os_errno is ECONNRESET if the peer hung up instead of
 * answering), ERROR_DENIED (its certificate is not trusted, or it wants one of
 * ours: then the message has "alert"; or a proxy refuses: then with a hint),
 * ERROR_INPUT (no such proxy), ERROR_PROTOCOL, the sink's or source's own error. If a server hung
 * up on who it had asked for a certificate, the message of ERROR_UNREACHABLE ends with
 * HTTP_ASKED_FOR_OURS.
 */
int http_perform(struct http_client *client, const struct http_request *request,
		 struct http_response *ret_response, struct error *err) CHECK;

/* Begins an exchange that goes on while others are performed (an event
 * stream). What `request` points to must live as long. NULL with err set. */
struct http_exchange *http_start(struct http_client *client, const struct http_request *request,
				 struct error *err) CHECK;
/* Drives all exchanges, of the clients beside it too, for up to `wait_ms`;
 * returns early when something moved. */
int http_drive(struct http_client *client, int64_t wait_ms, struct error *err) CHECK;
/* 0 while under way, 1 once complete (the response may then be looked at), -1
 * with the exchange's error. `http_status` is known from the headers on. */
int http_exchange_poll(struct http_exchange *exchange, struct error *err) CHECK;
struct http_response *http_exchange_response(struct http_exchange *exchange);
/* Breaks it off if it is still under way. */
void http_exchange_free(struct http_exchange *exchange);
void http_exchange_freep(struct http_exchange **exchange);
