/* SPDX-License-Identifier: MIT */
#pragma once
/* One layer at a time through the compressor into a temporary file. */
#include "codec/compress.h"
#include "codec/digest.h"

/* A layer as it is to be uploaded. */
struct packed {
	int fd; /* -1: none */
	int64_t size;
	struct digest_text digest;
};

#define PACKED_INIT                                                                                \
	{                                                                                          \
		.fd = -1                                                                           \
	}

struct packer {
	enum compression compression;
	const char *folder;
	/* Of the layer under way. */
	struct compressor *compressor;
	struct digest digest;
	struct packed packed;
};

void packed_release(struct packed *packed);
/* Also amid a layer. */
void packer_release(struct packer *packer);
int packer_begin(struct packer *packer, struct error *err) CHECK;
int packer_add(struct packer *packer, const void *data, size_t len, struct error *err) CHECK;
int packer_end(struct packer *packer, struct packed *ret_packed, struct error *err) CHECK;
