/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Inside registry/: one blob on its way, a step at a time, so that several go
 * side by side on one thread. HEAD, then mount or POST, then PUT; whatever is
 * temporary starts it again from HEAD, which also tells whether a PUT whose
 * answer was lost has arrived.
 */
#include "codec/digest.h"
#include "registry/blob.h"
#include "registry/client.h"

enum transfer_step { TRANSFER_HEAD, TRANSFER_MOUNT, TRANSFER_OPEN, TRANSFER_SEND, TRANSFER_DONE };

struct transfer {
	struct registry *registry;
	const struct registry_upload *upload;
	struct registry_blob *blob; /* NULL: this one is free */
	enum transfer_step step;
	struct url url; /* of the request */
	struct http_client *client;
	struct http_exchange *exchange; /* under way, else NULL */
	unsigned authorizations;	/* the registry's, when the request was made */
	unsigned answered;		/* a bit a step whose 401 was answered */
	int hops;
	struct retry_course course;
	int64_t resume_at_ms; /* monotonic, of a wait between attempts; 0: none */
	/* The body. */
	struct digest sum;
	int64_t sent;
	int64_t told_at_ms;
	bool is_started;
	bool has_source_failed;
};

int transfer_init(struct transfer *transfer, struct registry *registry,
		  const struct registry_upload *upload, struct registry_blob *blob,
		  struct error *err) CHECK;
/* Breaks off what is under way. */
void transfer_release(struct transfer *transfer);
/* Takes the next step if the last has ended: 1 once the blob is there, 0 if it
 * has to be driven or waited for. Never blocks but for a new token. */
int transfer_advance(struct transfer *transfer, struct error *err) CHECK;

/* transfer-body.c: the bytes as they pass. All of these take the transfer. */
int transfer_body_start(void *arg, struct error *err) CHECK;
ssize_t transfer_body_read(void *arg, void *data, size_t len, struct error *err) CHECK;
void transfer_body_stop(struct transfer *transfer);
