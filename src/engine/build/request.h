/* SPDX-License-Identifier: MIT */
#pragma once
/* What the small services of a session have in common: one request, one answer. */
#include "net/grpc.h"

/* The text in field 1, "" if it is not there: the ID or host that is meant. The
 * caller frees; NULL: malformed or too long (ERROR_PROTOCOL), or without memory. */
char *request_text(struct slice message, struct error *err) CHECK;

/* Sends the answer and ends the call. */
int request_answer(struct grpc_call *call, const struct buf *answer, struct error *err) CHECK;
