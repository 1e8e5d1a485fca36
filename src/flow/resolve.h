/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * From references to what will not move: the commit that each image in a
 * registry says it was made of, the tag of that commit, the digest. Manifest
 * and config are read, nothing is pulled. Several references are one set: what
 * was read of each held at the same moment.
 */
#include "flow/config/settings.h"
#include "image/reference.h"
#include "registry/read.h"

struct resolved {
	const char *word; /* as it was asked for */
	struct reference reference;
	const struct settings *settings; /* of how its commit is told; borrowed */
	char *tag;			 /* the commit's */
	bool is_tag_there;
};

struct resolution {
	struct resolved *items;
	struct registry_reading *readings; /* one an item: commit and digest */
	size_t count;
};

void resolution_release(struct resolution *set);
/* Parses the words; they and the settings, for all of them, are borrowed. */
int resolution_init(struct resolution *set, const struct strv *words,
		    const struct settings *settings, struct error *err) CHECK;

/*
 * Asks the registries, by the user's settings. ERROR_NO: one of them is not
 * there, or does not say of which commit it is. ERROR_CONFLICT: the commit's tag
 * holds another image, or they moved each time they were read. A tag that is not
 * there, and images of one git repository that are of different commits, are
 * warnings.
 */
int resolve(struct resolution *set, const struct settings *settings, struct event_sink *sink,
	    struct error *err) CHECK;
