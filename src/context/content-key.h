/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The content key: SHA-256 over all that a build reads, the commit, the time
 * and the machine apart. It is made of inputs, each a kind, a name within the
 * kind (may be "") and a value; their order means nothing, and no text of one
 * can pass for another's, for every text goes in with its length. Two keys
 * are compared input by input to say why something is built again.
 */
#include <stddef.h>

#include "codec/digest.h"

/* In the order in which a person wants to hear of them. */
enum key_kind {
	KEY_DOCKERFILE, /* digest of its text */
	KEY_FILES,	/* context tree */
	KEY_TARGET,
	KEY_PLATFORM,
	KEY_BUILD_ARG, /* name: value */
	KEY_LABEL,     /* name: value */
	KEY_BASE,      /* as FROM names it: digest */
	KEY_PARENT,    /* image of ours: its content key */
	KEY_FRONTEND,  /* as "# syntax=" names it: digest */
	KEY_BUILDER,   /* what reads the Dockerfile, where that may matter */
	KEY_INTERVAL,  /* image.interval: since when */
	KEY_EXTRA,     /* name: anything else that the user has counted */
	KEY_KIND_COUNT,
};

struct key_input {
	enum key_kind kind;
	char *name;
	char *value;
};

struct content_key {
	struct key_input *inputs; /* sorted by kind and name, none twice */
	size_t len;
};

void content_key_release(struct content_key *key);
/* "dockerfile", "files", "build arg", ... */
const char *key_kind_name(enum key_kind kind);
/* Copies both. The same kind and name again replaces the value. */
int content_key_add(struct content_key *key, enum key_kind kind, const char *name,
		    const char *value, struct error *err) CHECK;
int content_key_digest(const struct content_key *key, struct digest_text *ret_digest,
		       struct error *err) CHECK;

/* The first input in which two keys differ; what one has not is NULL. False if
 * they are equal. */
bool content_key_differ(const struct content_key *a, const struct content_key *b,
			const struct key_input **ret_a, const struct key_input **ret_b);
