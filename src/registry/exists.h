/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Is it there? Asked for many references at once, over shared connections and
 * a few at a time at each host. By HEAD alone: a GET of a manifest counts as a
 * pull where pulls are counted.
 *
 * Yes is a 200 that says which manifest, or at least that it is one. No is the
 * 404 of a registry: one that shows its version, or speaks JSON, or else
 * answers at /v2/. All else, a proxy's 404 too, is unknown.
 */
#include "registry/pool.h"

struct registry_question {
	const struct reference *reference;
	const char *tag_or_digest; /* NULL: what the reference names */
	enum registry_answer answer;
	struct registry_digest digest; /* of a yes; "" if the registry does not say */
	struct error err;	       /* of an unknown */
};

/* What is asked twice is sent once. Fails only with what ends all questions:
 * no memory, Ctrl-C. */
int registry_ask_all(struct registry_pool *pool, struct registry_question *questions, size_t count,
		     struct error *err) CHECK;
