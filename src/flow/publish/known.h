/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Layers of which it is known, without reading them, what they are in a
 * registry: by the diff ID of the layer, the blob that holds it. :latest tells
 * some; the rest is what we published there before, in <state>/layers, a file
 * of bounded length for each repository. That is a hint only: the registry has
 * to be asked for such a blob. It may have lost one that :latest names, too: that
 * shows once it refuses a manifest with it. Whoever may push there can name a wrong blob for
 * a layer; no engine takes an image with one, for all of them compare.
 */
#include "image/reference.h"
#include "registry/registry.h"

struct known_layer {
	char *diff_id;
	char *digest; /* of the blob */
	char *media_type;
	int64_t size;
	bool is_there; /* stands in a manifest that the registry just gave */
};

struct known_layers {
	struct known_layer *items;
	size_t len;
};

void known_layers_release(struct known_layers *known);
/* NULL if nothing is known of it. */
const struct known_layer *known_layers_find(const struct known_layers *known, const char *diff_id);

/* It borrows. */
struct descriptor known_layer_descriptor(const struct known_layer *layer);

/* Adds those of :latest, of an index those of its image for `platform` (NULL: the first).
 * A registry that does not answer is an error, a :latest that makes no sense is not. */
int known_layers_of_latest(struct registry *registry, const struct platform *platform,
			   struct known_layers *known, struct error *err) CHECK;
/* Adds those of another repository's image that are not in it yet; of its :latest, if that
 * image is not there: an unchanged parent is not published with each commit. */
int known_layers_of_base(struct registry *registry, const char *tag_or_digest,
			 const struct platform *platform, struct known_layers *known,
			 struct error *err) CHECK;
/* Adds those brought to this repository before, which are not in it yet. */
int known_layers_of_before(const char *state_folder, const struct reference *reference,
			   struct known_layers *known, struct error *err) CHECK;
/* From now on :latest is not taken at its word: the registry has to be asked for all. */
void known_layers_doubt(struct known_layers *known);
/* Forgets those whose media type ends so. */
void known_layers_drop(struct known_layers *known, const char *ending);
/* For the next time: what the layers of an image are in its manifest. A failure
 * costs time later and nothing else. */
void known_layers_keep(const char *state_folder, const struct reference *reference,
		       const struct strv *layers, const struct registry_manifest *manifest);
