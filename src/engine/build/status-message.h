/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The parts of BuildKit's StatusResponse as they come; what is not in a message
 * is 0 or empty. For build/status.c alone.
 */
#include <stdint.h>

#include "codec/protobuf.h"

struct vertex_message {
	struct slice digest, name, error;
	bool is_cached;
	int64_t started_ns, completed_ns; /* since 1970; 0: not yet, never negative */
};

/* VertexStatus: something is transferred. */
struct transfer_message {
	struct slice id;
	int64_t bytes, total; /* never negative */
};

/* VertexLog */
struct output_message {
	struct slice digest, text;
};

/* VertexWarning */
struct warning_message {
	struct slice text;
	int line; /* 0: of no line */
};

int vertex_message_read(struct slice bytes, struct vertex_message *ret_message,
			struct error *err) CHECK;
int transfer_message_read(struct slice bytes, struct transfer_message *ret_message,
			  struct error *err) CHECK;
int output_message_read(struct slice bytes, struct output_message *ret_message,
			struct error *err) CHECK;
int warning_message_read(struct slice bytes, struct warning_message *ret_message,
			 struct error *err) CHECK;
