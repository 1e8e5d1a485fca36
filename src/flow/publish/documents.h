/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Configurations and manifests of images that we stamped, in the state folder by
 * their digest, so that a later run can publish without asking the engine for
 * them. They are hints: one that is lost or damaged is as one that was never
 * there, and nothing here fails. The oldest go when there are many.
 */
#include <stdbool.h>

#include "base/buf.h"

void documents_keep(const char *state_folder, struct slice document);
/* Adds it to `ret_document`, if it is there and of that digest. */
bool documents_find(const char *state_folder, const char *digest, struct buf *ret_document);
