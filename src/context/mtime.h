/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The modification time of a context's entry. COPY keeps it, and BuildKit
 * takes a file of the same size and time for the same file: so it must depend
 * on the content, and on nothing else that a checkout, a machine or a commit
 * without changes to the file could alter. Layers keep whole seconds alone, so
 * the tar does too.
 */
#include <time.h>

#include "codec/digest.h"

/* 2000-01-01T00:00:00Z; the time of every folder. */
#define ENTRY_MTIME_BASE 946684800

/*
 * Seconds in ENTRY_MTIME_BASE + [0, 2^25), nanoseconds in [0, 10^9), both from
 * the SHA-256 of "PATH\0BLOB_ID": `path` in the context, without a slash at
 * either end; `blob_id` in hexadecimal digits, of a file that is in no commit
 * the SHA-256 of its content. `scratch` is initialized and has nothing added.
 */
struct timespec entry_mtime(struct digest *scratch, const char *path, const char *blob_id);
