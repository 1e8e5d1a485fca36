/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Blobs that go up while others are still being made, in a thread to which the
 * registry belongs meanwhile.
 */
#include "flow/publish/blobs.h"
#include "registry/blob.h"

struct sender;

/* Nothing goes up yet; `bringing` outlives it. At most `most` blobs come. */
struct sender *sender_new(const struct bringing *bringing, size_t most, struct error *err) CHECK;
/* Breaks off what is under way; NULL is fine. */
void sender_free(struct sender *sender);
void sender_freep(struct sender **sender);
/* The next blob; digest and what is behind the source outlive the sender. What has
 * happened to an earlier one may come back as an error. */
int sender_add(struct sender *sender, const char *digest, int64_t size,
	       struct registry_source source, struct error *err) CHECK;
/* No more comes; waits until all are there. */
int sender_finish(struct sender *sender, struct error *err) CHECK;
