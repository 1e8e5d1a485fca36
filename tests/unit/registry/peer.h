/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A scripted HTTP peer on loopback: rows of what is expected and what is
 * answered, in order. A request that does not match, one too many, and a row
 * that was never used fail the test. Everything received is kept, so that a
 * test can look for secrets in it.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct peer_row {
	const char *request; /* how it begins: "GET /v2/"; NULL ends the script */
	const char *has;     /* somewhere in it; NULL: anything goes */
	const char *lacks;
	int status;
	const char *headers; /* "A: b\r\nC: d\r\n"; NULL: of a 404 those of a registry */
	const char *body;
	int missing;	  /* so many more bytes are announced than sent; -1: none sent at all */
	bool is_early;	  /* answered, or left so, without a look at the request's body */
	bool is_silent;	  /* nothing is said until the client goes */
	bool is_optional; /* whether it arrives is left to timing */
};

struct peer {
	int listener;
	char origin[40];  /* "http://127.0.0.1:12345" */
	const char *host; /* "127.0.0.1:12345", inside `origin` */
	const struct peer *other;
	const struct peer_row *rows;
	size_t served;
	char complaint[512];  /* "": none */
	char received[65536]; /* terminated each; of a long body only the begin */
	size_t received_len;
	pthread_t thread;
};

/* "{self}" and "{other}" in headers and bodies become origins. */
void peer_listen(struct peer *peer, const char *address);
void peer_run(struct peer *peer, const struct peer_row *rows, const struct peer *other);
/* Ends it and fails the test if the script was not followed to its end. */
void peer_finish(struct peer *peer);
