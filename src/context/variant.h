/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A variant of a Dockerfile: the same, but one stage begins with another image
 * (image.base, image.variantStage). The stage keeps its name and platform.
 */
#include "base/buf.h"
#include "context/dockerfile.h"

struct variant {
	const char *name; /* of the Dockerfile, for messages: "NAME:LINE: ..." */
	const char *base;
	const char *stage; /* its name or number; NULL: the first */
};

/* Appends the variant of `text`, which `dockerfile` was read from. No such stage, or
 * one that begins with another stage or with nothing: ERROR_INPUT. */
int variant_write(const struct variant *variant, struct slice text,
		  const struct dockerfile *dockerfile, struct buf *out, struct error *err) CHECK;
