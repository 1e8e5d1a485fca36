/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Bytes in both directions without blocking: a unix socket, TCP, TLS, or what
 * somebody else carries (a connection tunnelled in a call of another one).
 * Opening and upgrading do wait, at most LIMIT_CONNECT_MS each; Ctrl-C ends
 * that with ERROR_INTERRUPTED (a name is looked up by the system, whose wait
 * is its own).
 */
#include <poll.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

/* Nothing can be read or written just now; err is not set. */
#define CHANNEL_AGAIN (-2)

struct channel;

struct channel_ops {
	/* Up to `len` bytes: how many; 0: the peer sends no more; CHANNEL_AGAIN; -1. */
	ssize_t (*read)(struct channel *, void *data, size_t len, struct error *err);
	/* How many of them were taken (more than 0); CHANNEL_AGAIN; -1. */
	ssize_t (*write)(struct channel *, const void *data, size_t len, struct error *err);
	/* What to poll; -1: nothing, somebody else moves the bytes. NULL: -1. */
	int (*fd)(const struct channel *);
	/* What to poll for (POLLIN, POLLOUT) once read and write said AGAIN, where
	 * the user's own wish is `wanted`. NULL: just that. */
	short (*wants)(const struct channel *, short wanted);
	void (*free)(struct channel *);
};

/* The first member of every kind. An own kind sets `ops` and leaves the rest 0. */
struct channel {
	const struct channel_ops *ops;
	bool is_tls;
	struct buf ahead; /* read already, and to be given first */
};

/* PEM files; NULL: the system's authorities, no certificate of ours. */
struct channel_tls {
	const char *ca_file;
	const char *client_certificate;
	const char *client_key;
	const char *server_name; /* in its certificate; NULL: the host */
};

/* Nobody listens: ERROR_UNREACHABLE; not allowed: ERROR_DENIED. */
int channel_open_unix(const char *path, struct channel **ret_channel, struct error *err) CHECK;
/* With `tls` (NULL: plain) the peer must prove its name (else ERROR_DENIED) and
 * agree on HTTP/2. A host that is gone for minutes breaks the connection. */
int channel_open_tcp(const char *host, int port, const struct channel_tls *tls,
		     struct channel **ret_channel, struct error *err) CHECK;
/* A connected stream socket, which is then the channel's (also on failure). */
int channel_of_socket(int fd, struct channel **ret_channel, struct error *err) CHECK;

/* As in channel_ops. */
ssize_t channel_read(struct channel *channel, void *data, size_t len, struct error *err) CHECK;
ssize_t channel_write(struct channel *channel, const void *data, size_t len,
		      struct error *err) CHECK;
int channel_fd(const struct channel *channel);
short channel_wants(const struct channel *channel, short wanted);
/* Waits until one of `wanted` holds; ERROR_UNREACHABLE at the deadline, which
 * is one of time_monotonic_ms(). For channels with a descriptor. */
int channel_await(const struct channel *channel, short wanted, int64_t deadline_ms,
		  struct error *err) CHECK;
void channel_free(struct channel *channel);
void channel_freep(struct channel **channel);
