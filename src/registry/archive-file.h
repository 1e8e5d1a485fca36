/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Inside registry/: a tar archive as a store. It is collected in a file without a name, in
 * whatever order its blobs come, and written in an order of its own once all are there, so that
 * the same images give the same bytes; every time in it is 0. A former archive of that name is
 * replaced by the whole new one.
 */
#include "base/str.h"
#include "layout/incoming.h"
#include "registry/store.h"

/* A larger one does not fit into one block's header. */
#define ARCHIVE_ITEM_MAX (8LL * 1024 * 1024 * 1024)

/* A file of the archive. */
struct archive_item {
	struct registry_digest digest; /* as it came; of what is no blob "" */
	char name[96];
	int64_t at, size;
};

/* What a tag or nothing but its digest names. */
struct archive_named {
	char *tag; /* NULL: no tag */
	struct registry_manifest manifest;
};

struct archive_file {
	struct store store; /* first, so that a pointer to it is one to this */
	char *path, *folder, *repository;
	struct incoming file;
	int64_t end; /* of the items */
	struct archive_item *items;
	size_t item_count;
	struct archive_named *named;
	size_t named_count;
	bool is_placed;
	bool is_stdout; /* and `folder` is the state's, for the time being */
};

static inline struct archive_file *archive_file_of(struct store *store)
{
	return (struct archive_file *)store;
}

/* `path` as in registry_open_target(). */
int archive_file_open(const char *path, const char *repository, const struct store_ops *ops,
		      struct archive_file **ret_file, struct error *err) CHECK;

/* As in struct store_ops. */
enum registry_answer archive_file_find(struct store *store, const char *tag,
				       struct registry_digest *ret_digest, struct error *err);
int archive_file_read(struct store *store, const char *digest, struct buf *ret_bytes,
		      struct error *err) CHECK;
int archive_file_has(struct store *store, const char *digest, int64_t size, struct error *err);
int archive_file_put_manifest(struct store *store, const char *tag_or_digest,
			      const struct registry_manifest *manifest, struct error *err) CHECK;
void archive_file_free(struct store *store);

/* NULL: it is not there. */
const struct archive_item *archive_file_item(const struct archive_file *self,
					     const char *digest_or_name);
/* Is it the last one that the tag was given? */
bool archive_file_is_tagged(const struct archive_file *self, const struct archive_named *named);

/* Where the next item's bytes are written, by archive_file_write(), one after the other. */
int archive_file_begin(struct archive_file *self, struct archive_item *ret_item,
		       struct error *err) CHECK;
int archive_file_write(struct archive_file *self, struct slice bytes, struct error *err) CHECK;
/* They have come: the item has its name, digest and size. */
int archive_file_add(struct archive_file *self, const struct archive_item *item,
		     struct error *err) CHECK;
int archive_file_add_text(struct archive_file *self, const char *name, const char *digest,
			  struct slice text, struct error *err) CHECK;

/* Is there anything to be placed, and was it not? */
bool archive_file_is_due(const struct archive_file *self);
/* Writes the archive, of the items of these digests or names in their order, each once. */
int archive_file_place(struct archive_file *self, const struct strv *order,
		       struct error *err) CHECK;
