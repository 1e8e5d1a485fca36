/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The sender of fsutil's protocol (engine/build/fsutil.h) for one list of
 * files, without the connection: packets of the receiver go in, messages for it
 * come out one by one, whenever there is room for one. All STATs come first,
 * then the contents in the order in which they were asked for. What is kept of
 * a request is four bytes, and each file can be asked for once.
 */
#include <stdint.h>

#include "base/buf.h"

struct context_files; /* context/files.h */
struct fsutil_sender;

/* Takes the files over, also when it fails. */
int fsutil_sender_new(struct context_files *files, struct fsutil_sender **ret_sender,
		      struct error *err) CHECK;
void fsutil_sender_free(struct fsutil_sender *sender);
void fsutil_sender_freep(struct fsutil_sender **sender);

/* A message of the receiver. Nonsense is ERROR_PROTOCOL, its ERR is
 * ERROR_BUILD. */
int fsutil_sender_take(struct fsutil_sender *sender, struct slice message, struct error *err) CHECK;
/* Appends the next message, of at most LIMIT_CHUNK and a few bytes. 1 with one,
 * 0: none now, -1: a file cannot be read. */
int fsutil_sender_give(struct fsutil_sender *sender, struct buf *out, struct error *err) CHECK;
/* The message that tells the receiver of an error of ours. */
void fsutil_sender_give_up(const struct error *why, struct buf *out);

/* The receiver has said FIN. */
bool fsutil_sender_was_ended(const struct fsutil_sender *sender);
/* Both have said FIN: nothing more is to come. */
bool fsutil_sender_is_over(const struct fsutil_sender *sender);

/* Contents so far: what was sent, of all that was asked for. */
struct fsutil_progress {
	int64_t bytes;
	int64_t total;
};
struct fsutil_progress fsutil_sender_progress(const struct fsutil_sender *sender);
