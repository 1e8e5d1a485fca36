/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Blobs into a repository (distribution-spec, "Pushing Blobs"): what is there
 * is not sent, what another repository of the registry has is mounted, the
 * rest goes in one PUT each, a few side by side. The unit of a retry is the
 * whole blob with a new session, for no registry's resumption can be relied
 * upon. Digest and size are checked as the bytes pass: what is not as
 * announced never arrives whole. Memory does not grow with a blob.
 */
#include "net/http.h"
#include "registry/registry.h"

enum registry_blob_outcome {
	REGISTRY_BLOB_UNKNOWN, /* not looked at: another one failed before */
	REGISTRY_BLOB_SENT,
	REGISTRY_BLOB_THERE,
	REGISTRY_BLOB_MOUNTED,
	REGISTRY_BLOB_MISSING, /* and without a source */
};

struct registry_blob {
	const char *digest;
	int64_t size;
	/* From here on as in net/http.h. `start` comes before the first byte too,
	 * so a source may open what it reads only then; `stop` (may be NULL) ends
	 * what a `start` began. Neither is called for a blob that is not sent. Without
	 * `start` it is only looked for, and mounted. */
	http_rewind *start;
	http_source *read;
	void (*stop)(void *arg);
	void *arg;
	enum registry_blob_outcome outcome; /* set by registry_upload_blobs() */
};

/* A blob in memory or in a file that can be sought. */
struct registry_source {
	struct slice bytes;
	int fd; /* -1: it is `bytes` */
	int64_t at;
};

/* Has the blob read from there; `source` outlives it. */
void registry_blob_read_from(struct registry_blob *blob, struct registry_source *source);

struct registry_upload {
	struct registry_blob *blobs;
	size_t count;
	const char *mount_from;	  /* a repository at this registry that may have some; NULL: none */
	struct event_sink *sink;  /* for EVENT_PROGRESS, its subject the digest; may be NULL */
	const char *step, *image; /* of these; may be NULL */
};

/* Returns once all are there, but those without a source. The first error ends the
 * rest: its message begins with "blob <digest>". A source's own error is passed on. */
int registry_upload_blobs(struct registry *registry, const struct registry_upload *upload,
			  struct error *err) CHECK;
