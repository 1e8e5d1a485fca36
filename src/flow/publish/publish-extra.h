/* SPDX-License-Identifier: MIT */
#pragma once
/* Inside publication: the tags of image.tag, and :latest. A fixed one holds this
 * commit or nothing; else it is a conflict. */
#include "flow/publish/publish.h"

/* Lists them: `fixed` and `moving`, the latter ending with :latest. */
int publish_extra_init(struct publication *publication, struct error *err) CHECK;
void publish_extra_release(struct publication *publication);

/* What do the fixed ones hold? */
int publish_extra_open(struct publication *publication, struct error *err) CHECK;
/* The manifest under the fixed ones. */
int publish_extra_put(struct publication *publication, struct error *err) CHECK;
