/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A header block as POSIX.1-2001 lays it out ("ustar Interchange Format").
 * Inside of codec/tar only.
 */
#include <stdint.h>

#include "codec/tar.h"

struct tar_block {
	char path[100];
	char mode[8];
	char uid[8];
	char gid[8];
	char size[12];
	char mtime[12];
	char checksum[8];
	char type;
	char link[100];
	char magic[6];
	char version[2];
	char user[32];
	char group[32];
	char device_major[8];
	char device_minor[8];
	char prefix[155];
	char unused[12];
};

_Static_assert(sizeof(struct tar_block) == TAR_BLOCK, "a tar header is one block");

/* The sum of all bytes, those of the checksum itself taken as blanks. */
static inline uint32_t tar_block_sum(const struct tar_block *block)
{
	const unsigned char *bytes = (const unsigned char *)block;
	uint32_t sum = 0;

	for (size_t i = 0; i < sizeof(*block); i++)
		sum += bytes[i];
	for (size_t i = 0; i < sizeof(block->checksum); i++)
		sum += ' ' - (uint32_t)(unsigned char)block->checksum[i];
	return sum;
}
