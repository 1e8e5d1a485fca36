/* SPDX-License-Identifier: MIT */
/* Built without zstd. */
#include "codec/compress-block.h"
#include "codec/compress-read.h"

const struct block_packer block_packer_zstd = { .open = NULL };
const struct unpacker unpacker_zstd = { .open = NULL };
