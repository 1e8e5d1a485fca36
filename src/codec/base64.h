/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Base64 of RFC 4648: section 4 (standard) and section 5 (URL), both with
 * padding, as Go's StdEncoding and URLEncoding.
 */
#include "base/buf.h"

enum base64_alphabet {
	BASE64_STANDARD,
	BASE64_URL,
};

/* A failure is sticky in `out`. */
void base64_encode(struct slice data, enum base64_alphabet alphabet, struct buf *out);

/* Strict: the padding is required, stray bits, white space and characters of
 * the other alphabet are ERROR_INPUT. On failure `ret_data` may have grown. */
int base64_decode(struct slice text, enum base64_alphabet alphabet, struct buf *ret_data,
		  struct error *err) CHECK;
