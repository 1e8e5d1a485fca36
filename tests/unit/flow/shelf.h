/* SPDX-License-Identifier: MIT */
#pragma once
/* A registry in memory that takes blobs and has them: what it holds is looked at by tests. */
#include <pthread.h>
#include <stdbool.h>

#include "base/buf.h"

#define SHELF_BLOBS 8

struct shelf_blob {
	char digest[72];
	struct buf bytes;
};

struct shelf {
	char host[32];	/* "127.0.0.1:PORT" */
	bool is_closed; /* to blobs: 403 */
	struct shelf_blob blobs[SHELF_BLOBS];
	size_t blob_count;
	int listener, connections;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	pthread_t thread;
};

void shelf_open(struct shelf *shelf);
/* Once the client has closed its connections. */
void shelf_close(struct shelf *shelf);
void shelf_release(struct shelf *shelf);
/* NULL: not there. */
const struct buf *shelf_find(const struct shelf *shelf, const char *digest);
