/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Inside registry/: a place on this machine that takes what a repository at a
 * registry takes and answers at once: an OCI image layout in a folder (store-layout.c) or an
 * archive (store-oci-archive.c), or a Docker archive (store-archive.c). Digests and sizes are
 * checked here, as for a registry.
 */
#include "net/http.h"
#include "registry/blob.h"

struct store;
struct json_writer;

/* What comes in; its reader fails before the last bytes of what is not as announced. */
struct store_body {
	const char *digest;
	int64_t size;
	http_source *read;
	void *arg;
};

struct store_ops {
	/* What a tag names. */
	enum registry_answer (*find)(struct store *store, const char *tag,
				     struct registry_digest *ret_digest, struct error *err);
	/* A manifest or configuration, as many bytes as the buffer takes; ERROR_NOT_FOUND. */
	int (*read)(struct store *store, const char *digest, struct buf *ret_bytes,
		    struct error *err);
	/* 1, 0, -1 */
	int (*has)(struct store *store, const char *digest, int64_t size, struct error *err);
	int (*put)(struct store *store, const struct store_body *body, struct error *err);
	/* Under a tag, or under its digest alone. */
	int (*put_manifest)(struct store *store, const char *tag_or_digest,
			    const struct registry_manifest *manifest, struct error *err);
	/* All is there. May come twice; NULL: nothing to do. */
	int (*finish)(struct store *store, struct error *err);
	void (*free)(struct store *store);
};

struct store {
	const struct store_ops *ops;
	const char *target; /* "oci:DIR" */
	bool takes_plain;   /* layers that are not compressed */
	bool takes_oci;	    /* manifests of OCI's type alone */
};

/* `repository` is the name that the tags belong to. */
int store_open_layout(const char *folder, const char *repository, struct store **ret_store,
		      struct error *err) CHECK;
int store_open_archive(const char *path, const char *repository, struct store **ret_store,
		       struct error *err) CHECK;
int store_open_oci_archive(const char *path, const char *repository, struct store **ret_store,
			   struct error *err) CHECK;
/* The line of a tag in a layout's index.json, with containerd's annotation. */
void store_write_entry(struct json_writer *writer, const char *repository, const char *tag,
		       const struct registry_manifest *manifest);

/* As in registry.h. */
enum registry_answer store_manifest(struct store *store, const char *tag_or_digest,
				    struct registry_manifest *ret_manifest,
				    struct error *err) CHECK;
int store_upload(struct store *store, const struct registry_upload *upload,
		 struct error *err) CHECK;
