/* SPDX-License-Identifier: MIT */
#pragma once
/* Text of others, made fit to be shown. */
#include "base/buf.h"

/* Appends `text` without terminal sequences, control characters (but line
 * feeds and tabs) and bytes that are no UTF-8, and without credentials. */
void safe_add(struct buf *out, struct slice text);
/* The part of a text (UTF-8) that fits into `columns`, one a character. */
struct slice safe_cut(struct slice text, size_t columns);
