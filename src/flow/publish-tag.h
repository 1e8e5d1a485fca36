/* SPDX-License-Identifier: MIT */
#pragma once
/* Inside publication: what goes under a tag other than :latest. */
#include "flow/publish.h"

/*
 * The job's image under the publication's tag, or `manifest` if there is one
 * already: sent unless it is there, and read back into `manifest`. The tag of
 * another commit is ERROR_CONFLICT.
 */
int publish_tag(struct publication *publication, struct error *err) CHECK;

/* Each of several platforms under its tag, then their index under ours. */
int publish_index(struct publication *publication, struct error *err) CHECK;
