/* SPDX-License-Identifier: MIT */
#pragma once
/* The parts of a layout as a store: its lock, its index, its images. Of engine/layout* only. */
#include "codec/digest.h"
#include "codec/json.h"
#include "engine/layout.h"
#include "image/manifest.h"

/* One name of one image, or an image without. */
struct layout_entry {
	char *media_type;
	char *digest; /* of the manifest */
	int64_t size;
	char *name; /* "repository:tag"; NULL: none */
};

struct layout_index {
	struct layout_entry *items;
	size_t len;
};

/* The error of a file that could not be written; always -1. */
int layout_write_error(const struct layout *layout, int os_errno, struct error *err);

/* By way of the folder that is emptied of what a killed run left. */
int layout_replace_file(const struct layout *layout, const char *name, struct slice bytes,
			struct error *err) CHECK;

void layout_index_release(struct layout_index *index);
int layout_index_read(const struct layout *layout, struct layout_index *ret_index,
		      struct error *err) CHECK;
int layout_index_write(const struct layout *layout, const struct layout_index *index,
		       struct error *err) CHECK;
/* The entry of a name or an ID; of several with one ID the last. */
int layout_index_find(const struct layout *layout, const struct layout_index *index,
		      const char *reference, size_t *ret_at, struct error *err) CHECK;
/* Gives the name to a manifest (type, digest and size are read), beside those that it has;
 * who had the name stays, without it. NULL: the manifest is there, by any name or none. */
int layout_index_name(struct layout_index *index, const struct descriptor *manifest,
		      const char *name, struct error *err) CHECK;
void layout_index_remove(struct layout_index *index, size_t at);

/* The index with the lock held, which nobody does for long, and what is changed in it. */
struct layout_transaction {
	const struct layout *layout;
	struct layout_index index;
	int lock_fd;
};

#define LAYOUT_TRANSACTION(store)                                                                  \
	{                                                                                          \
		.layout = (store), .lock_fd = -1                                                   \
	}

int layout_lock(const struct layout *layout, int *ret_fd, struct error *err) CHECK;
int layout_begin(struct layout_transaction *transaction, struct error *err) CHECK;
/* Writes the index, then removes what it does not name. */
int layout_commit(struct layout_transaction *transaction, struct error *err) CHECK;
void layout_end(struct layout_transaction *transaction);

/* A manifest with its configuration. */
struct layout_image {
	struct buf bytes, config_bytes;
	struct manifest manifest;
	struct json *config;
};

#define LAYOUT_IMAGE_INIT                                                                          \
	{                                                                                          \
		.bytes = BUF_INIT(LIMIT_JSON_DOCUMENT),                                            \
		.config_bytes = BUF_INIT(LIMIT_JSON_DOCUMENT)                                      \
	}

void layout_image_release(struct layout_image *image);
int layout_image_read(const struct layout *layout, const char *digest, const char *media_type,
		      struct layout_image *ret_image, struct error *err) CHECK;

/* The same of an image that was taken in: what is wrong now is damage. */
int layout_entry_read(const struct layout *layout, const struct layout_entry *entry,
		      struct layout_image *ret_image, struct error *err) CHECK;

/* Held while blobs come in that no index names yet, so that they stay: taken with
 * the lock held, and then never waited for. */
int layout_guard(const struct layout *layout, int *ret_fd, struct error *err) CHECK;
/* Removes the blobs that nothing names, unless some are coming in. With the lock held.
 * What cannot be removed stays for the next time. */
void layout_collect(const struct layout *layout, const struct layout_index *index);
