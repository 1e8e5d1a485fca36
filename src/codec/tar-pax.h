/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What extended headers (pax records, GNU long names) say of the next entry
 * while a tar is read. Inside of codec/tar only.
 */
#include <stdint.h>
#include <time.h>

#include "base/buf.h"

struct tar_records {
	bool has_path;
	bool has_link;
	bool has_size;
	bool has_mtime;
	struct buf path;
	struct buf link;
	int64_t size;
	struct timespec mtime;
};

void tar_records_init(struct tar_records *records);
void tar_records_release(struct tar_records *records);
void tar_records_clear(struct tar_records *records);
bool tar_records_is_empty(const struct tar_records *records);

/* The text of one pax extended header; keys that we have no use for are
 * passed over. All that is malformed is ERROR_PROTOCOL. */
int tar_records_parse(struct tar_records *records, struct slice text, struct error *err) CHECK;
int tar_records_set_path(struct tar_records *records, struct slice path, struct error *err) CHECK;
int tar_records_set_link(struct tar_records *records, struct slice link, struct error *err) CHECK;
