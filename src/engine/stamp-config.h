/* SPDX-License-Identifier: MIT */
#pragma once
/* The parts of a stamp: a changed configuration, and the ways to give it to
 * an image. Inside engine/ only. */
#include "codec/digest.h"
#include "codec/json.h"
#include "engine/api.h"
#include "engine/stamp.h"

/* null, and what is empty, 0 or false. */
bool stamp_is_empty(const struct json *value);

/* Adds the members "Env" and "Labels" as `config` has them, changed by the stamp. An
 * empty one goes, or stays empty where the engine would put the old one back. */
void stamp_add_env(struct json_writer *writer, const struct json *config,
		   const struct engine_stamp *stamp, bool keeps_empty);
void stamp_add_labels(struct json_writer *writer, const struct json *config,
		      const struct engine_stamp *stamp, bool keeps_empty);

/* Where the parts of an image's configuration stand. */
struct stamp_content {
	const struct json *image; /* os, architecture and the like */
	const struct json *config;
	const struct json *health; /* NULL: in `config`, if any */
	const struct json *history;
	const struct json *layers; /* diff IDs */
	bool is_lower_case;	   /* the members of `image` */
};

/* For whoever stamped: what it has now; NULL: it was the engine that wrote it. */
void stamp_keep(const struct engine_stamp *stamp, const struct buf *config,
		const struct buf *manifest);

/* In a configuration as OCI lays it out. */
struct stamp_content stamp_stored_content(const struct json *config);
/* The whole configuration, changed by the stamp: the bytes depend on these two alone.
 * An earlier stamp's history entry is replaced. A failure is sticky in `out`. */
void stamp_write_config(struct buf *out, const struct stamp_content *content,
			const struct engine_stamp *stamp);

/* A manifest as it stands, but for the digest and the size of its configuration. */
void stamp_write_manifest(struct buf *out, const struct json *manifest, const char *digest,
			  size_t size);

/* The configuration of an image as it is stored, out of an export of all of it: slow,
 * for the images whose inspection (Podman's, or the next) does not tell everything. */
int stamp_export_config(struct api *api, const char *id, struct json **ret_config,
			struct error *err) CHECK;
/* Docker: the same out of inspection (`image`) and history. ERROR_UNSUPPORTED: they do
 * not tell what made the layers. An inline cache is never told. */
int stamp_docker_config(struct api *api, const char *id, const struct json *image,
			struct json **ret_config, struct error *err) CHECK;

/* A file of an archive that is being written; a failure is sticky. */
void stamp_add_file(struct buf *archive, const char *path, struct slice content);
/* A file of an OCI layout by its digest. */
int stamp_add_blob(struct buf *archive, const struct buf *content, struct digest_text *ret_digest,
		   struct error *err) CHECK;
void stamp_add_descriptor(struct json_writer *writer, const char *key, const char *type,
			  const char *digest, size_t size);
/* POST /images/load of the archive, whose end this writes. */
int stamp_send_archive(struct api *api, struct buf *archive, struct error *err) CHECK;

/* Docker: /commit of a container that is never started. `image` is what inspection
 * of the content image tells. */
int stamp_commit(struct api *api, const struct engine_stamp *stamp, const struct json *image,
		 char **ret_id, struct error *err) CHECK;
/* Docker with a graph driver: /images/load of a configuration without layers. */
int stamp_graph(struct api *api, const struct engine_stamp *stamp, const struct json *image,
		char **ret_id, struct error *err) CHECK;
/* Docker with the containerd store: the same as an OCI layout. */
int stamp_containerd(struct api *api, const struct engine_stamp *stamp, char **ret_id,
		     struct error *err) CHECK;
/* Podman: the same. */
int stamp_load(struct api *api, const struct engine_stamp *stamp, const struct json *image,
	       char **ret_id, struct error *err) CHECK;
