/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Changes one member of a JSON document that others write too: every other
 * byte, the order of the members and the way they are indented stay. The text
 * may hold secrets: memory that it went through is wiped.
 */
#include "base/buf.h"

/*
 * Sets the member `key` of the object that the document's member `parent` is
 * (NULL: of the document itself) to `value`, which is JSON; makes both if they
 * are not there. A "\n" in the value begins a line of its own if the object
 * has lines, else it and the tabs behind it are left out. A text that is no
 * object, or a parent that is none, is ERROR_INPUT; empty text is "{}".
 */
int json_edit_set(struct buf *text, const char *parent, const char *key, struct slice value,
		  struct error *err) CHECK;
/* Removes the member: 1; 0 if there is none, -1. */
int json_edit_remove(struct buf *text, const char *parent, const char *key,
		     struct error *err) CHECK;
