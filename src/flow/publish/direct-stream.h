/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A large layer that goes up while it is still being packed (registry/stream.h): a thread
 * with a registry client of its own reads the temporary file behind the packer, which never
 * waits for it. Whatever goes wrong there is no error: the layer goes another way. One that the
 * registry turns out to have, once its digest is known, is sent no further.
 */
#include "flow/publish/blobs.h"
#include "flow/publish/direct-pack.h"

struct layer_stream;

/* Begins with an empty file, which stays open as long. NULL: this one does not go so. */
struct layer_stream *layer_stream_start(const struct bringing *bringing, int fd);
/* Breaks off what is under way, at once; NULL is fine. */
void layer_stream_free(struct layer_stream *stream);
/* So many bytes are in the file. */
void layer_stream_grow(struct layer_stream *stream, int64_t size);
/* That was all of them; `packed` outlives the stream. */
void layer_stream_complete(struct layer_stream *stream, const struct packed *packed);
bool layer_stream_has_ended(struct layer_stream *stream);
/* Behind layer_stream_complete(): waits for the end. What it has not brought is left, else NULL.
 * Only an interrupt is an error. */
int layer_stream_await(struct layer_stream *stream, const struct packed **ret_left,
		       struct error *err) CHECK;
