/* SPDX-License-Identifier: MIT */
#pragma once
/* The parts of a stamp: a changed configuration, and the two ways to give it to
 * an image. Inside engine/ only. */
#include "codec/json.h"
#include "engine/api.h"
#include "engine/stamp.h"

/* Adds the members "Env" and "Labels" as `config` has them, changed by the stamp. An
 * empty label goes, or stays empty where the engine would put the old one back. */
void stamp_add_env(struct json_writer *writer, const struct json *config,
		   const struct engine_stamp *stamp);
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

/* In a configuration as OCI lays it out. */
struct stamp_content stamp_stored_content(const struct json *config);
/* The whole configuration, changed by the stamp: the bytes depend on these two alone.
 * An earlier stamp's history entry is replaced. A failure is sticky in `out`. */
void stamp_write_config(struct buf *out, const struct stamp_content *content,
			const struct engine_stamp *stamp);

/* Podman: the configuration of an image as it is stored, out of an export of all of it: slow,
 * for the images whose inspection does not tell everything. */
int stamp_export_config(struct api *api, const char *id, struct json **ret_config,
			struct error *err) CHECK;

/* Docker: /commit of a container that is never started. `image` is what inspection
 * of the content image tells. */
int stamp_commit(struct api *api, const struct engine_stamp *stamp, const struct json *image,
		 char **ret_id, struct error *err) CHECK;
/* Podman: /images/load of an archive with a configuration and no layers. */
int stamp_load(struct api *api, const struct engine_stamp *stamp, const struct json *image,
	       char **ret_id, struct error *err) CHECK;
