/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A scripted engine on a unix socket: rows of what is expected and what is
 * answered, taken in order by whichever connection asks next. A request that
 * does not match, one too many, and a row that was never used fail the test.
 * Connections are kept alive.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "engine/engine.h"

#define PEER_ROWS 24

enum peer_end {
	PEER_WHOLE,
	PEER_CUT,  /* closed in the middle of the body */
	PEER_HOLD, /* the body has no end, until the client goes */
	PEER_RAW,  /* no length: the connection's end is the body's */
};

struct peer_row {
	const char *request; /* how it begins: "GET /v1.41/"; NULL ends the script */
	const char *has;     /* somewhere in head or body; NULL: anything goes */
	int status;	     /* 0: 200 */
	const char *headers; /* "A: b\r\n" */
	const char *body;
	size_t len;   /* of the body; 0: of its text */
	size_t piece; /* chunks of so many bytes; 0: in one with its length */
	enum peer_end end;
};

struct peer {
	int listener;
	char url[64];
	const char *ping; /* headers of the answer to the first request */
	const struct peer_row *rows;
	size_t served;
	bool has_pinged;
	char complaint[1024];
	char *requests[PEER_ROWS]; /* what came for each row, head and body */
	size_t request_lens[PEER_ROWS];
	pthread_mutex_t lock;
	pthread_t thread;
	pthread_t connections[PEER_ROWS];
	int fds[PEER_ROWS];
	size_t connection_count;
};

#define PING_DOCKER "Api-Version: 1.41\r\nServer: Docker/20.10.24 (linux)\r\n"
#define PING_PODMAN "Api-Version: 1.41\r\nServer: Libpod/4.3.1 (linux)\r\n"

void peer_start(struct peer *peer, const char *ping, const struct peer_row *rows);
/* Starts it and opens the engine. */
struct engine *peer_engine(struct peer *peer, const char *ping, const struct peer_row *rows,
			   struct event_sink *sink);
/* Closes the engine (may be NULL); fails the test if the script was not followed
 * to its end. */
void peer_finish(struct peer *peer, struct engine *engine);
