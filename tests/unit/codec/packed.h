/* SPDX-License-Identifier: MIT */
#pragma once
/* Bytes that a test needs compressed. */
#include "base/buf.h"
#include "codec/compress.h"

void packed_add(struct buf *out, enum compression compression, struct slice text);
