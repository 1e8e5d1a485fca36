/* SPDX-License-Identifier: MIT */
#pragma once
/* A context's tar as text that a test can compare. */
#include "base/buf.h"
#include "context/context.h"

/* All bytes of the context, read in pieces of `piece` bytes. */
int read_context(struct context *context, size_t piece, struct buf *ret_tar, struct error *err);
/* An entry a line: letter of the type, mode, path, "-> TARGET" or the content
 * (line feeds as "|"). */
void list_tar(const struct buf *tar, struct buf *ret_text);
