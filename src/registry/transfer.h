/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Inside registry/: one blob on its way, as an errand: HEAD, then mount or
 * POST, then PUT. Whatever is temporary starts it again from HEAD, which also
 * tells whether a PUT whose answer was lost has arrived.
 */
#include "codec/digest.h"
#include "registry/blob.h"
#include "registry/errand.h"

enum transfer_step { TRANSFER_HEAD, TRANSFER_MOUNT, TRANSFER_OPEN, TRANSFER_SEND };

struct transfer {
	struct errand errand; /* first, so that a pointer to it is one to this */
	const struct registry_upload *upload;
	struct registry_blob *blob;
	enum transfer_step step;
	char *session; /* URL of the PUT */
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

/* Another blob's digest is no success. */
int transfer_check_digest(const char *digest, const struct http_response *response,
			  struct error *err) CHECK;
/* A session is where Location says, with whatever query it has; and `digest`, if not NULL. */
int transfer_follow_session(struct ask *ask, const struct http_response *response,
			    const char *digest, char **session, struct error *err) CHECK;

/* transfer-body.c: the bytes as they pass. All of these take the transfer. */
int transfer_body_start(void *arg, struct error *err) CHECK;
ssize_t transfer_body_read(void *arg, void *data, size_t len, struct error *err) CHECK;
void transfer_body_stop(struct transfer *transfer);
