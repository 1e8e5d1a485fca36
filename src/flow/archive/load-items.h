/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Inside flow/archive: the images of what is loaded, by its documents. What
 * these say of layers counts only once load_item_check() has seen them.
 */
#include "engine/engine.h"
#include "flow/archive/load-parts.h"

struct load_item {
	struct engine_image image;  /* `id` is the digest of its configuration */
	struct strv layers;	    /* the files that hold them; of a Docker archive */
	struct manifest manifest;   /* of a layout, as `bytes` have it */
	struct buf bytes;	    /* a manifest for engines; of an archive once it is checked */
	char *manifest_type, *name; /* `name`: the digest of a layout's manifest */
	int64_t config_size;
	bool is_checked;
};

struct load_items {
	struct load_item *items;
	size_t len;
};

void load_items_release(struct load_items *list);
/* A new one at the end; NULL without memory. It moves with the next. */
struct load_item *load_items_add(struct load_items *list, struct error *err) CHECK;
/* Its configuration, the bytes of a blob of that digest. */
int load_item_take_config(struct load_item *item, struct slice text, const char *digest,
			  struct error *err) CHECK;

/* The one image of manifest.json, which docker save and ours write. 0: it has none. */
int load_docker_read(struct load_parts *parts, struct load_items *list, struct error *err) CHECK;
/* The image that index.json names, under that tag if there is one, of each platform. 0: it is
 * no layout. Attestations, and what a sparse index lacks, are left out. */
int load_layout_read(struct load_parts *parts, const char *tag, struct load_items *list,
		     struct error *err) CHECK;

/* All layers are there, and are those of the configuration once they are unpacked. */
int load_item_check(struct load_item *item, struct load_parts *parts, struct error *err) CHECK;
