/* SPDX-License-Identifier: MIT */
#pragma once
/* Inside publication: what goes under a tag other than :latest. */
#include "flow/publish/publish.h"

/*
 * What does the publication's tag hold? The tag of another commit is
 * ERROR_CONFLICT. The job's image: `manifest` is it and `was_there` is set;
 * another build of this commit: `held` is it.
 */
int publish_tag_look(struct publication *publication, struct error *err) CHECK;

/* Is it known what the tag is to hold? Else the engine's push will tell. */
bool publish_tag_is_known(const struct publication *publication);
/* The image's blobs, then `manifest` by digest; nothing where the engine pushes. */
int publish_tag_bring(struct publication *publication, struct error *err) CHECK;
/* `manifest` of our own making, by digest, unless the tag holds it. */
int publish_tag_offer(struct publication *publication, struct error *err) CHECK;

/* The tag, unless it was there, by PUT or the engine's push; it is read back
 * into `manifest`. A tag that must not change is ERROR_CONFLICT. */
int publish_tag_put(struct publication *publication, struct error *err) CHECK;

/* The same for an index and its parts: one for each platform. */
int publish_index_open(struct publication *publication, struct error *err) CHECK;
int publish_index_bring(struct publication *publication, struct error *err) CHECK;
int publish_index_put(struct publication *publication, struct error *err) CHECK;

/* Makes ERROR_CONFLICT of the refusal to let go of a tag that holds `held`; always -1. */
int publish_explain_refusal(const char *name, const struct registry_digest *held,
			    struct error *err);
