/* SPDX-License-Identifier: MIT */
#pragma once
/* Text of others, made fit to be shown. */
#include "base/buf.h"

/* Appends `text` without terminal sequences, control characters (but line
 * feeds and tabs) and bytes that are no UTF-8, and without credentials. */
void safe_add(struct buf *out, struct slice text);
/* The part of a text (safe, without line feeds) that fits into `columns`. */
struct slice safe_cut(struct slice text, size_t columns);
/* The columns of a terminal that a text takes; a tab counts as one. */
size_t safe_width(struct slice text);
