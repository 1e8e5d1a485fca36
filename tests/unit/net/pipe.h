/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Two channels in memory, each the other's peer, without descriptors: what a
 * connection may do to its users (little pieces, a full buffer, an end at any
 * byte) is set here.
 */
#include "net/channel.h"

struct pipe_end {
	struct channel base;
	struct pipe_end *peer; /* NULL once it is freed */
	struct buf in;
	size_t capacity; /* of `in`; then writing says AGAIN */
	size_t piece;	 /* most bytes a read or write moves */
	size_t left;	 /* bytes that can still be read before the end comes */
};

void pipe_make(struct pipe_end **ret_a, struct pipe_end **ret_b);
