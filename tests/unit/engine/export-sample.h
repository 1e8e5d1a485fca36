/* SPDX-License-Identifier: MIT */
#pragma once
/* Small archives of `docker save`: text in which {id}, {a}, {b} and {x} are digits. */
#include "base/buf.h"
#include "base/str.h"
#include "codec/digest.h"

#define LAYER_A "the lowest layer"
#define LAYER_B "the layer on top of it"

struct export_sample {
	char id[72], a[72], b[72], x[72]; /* "sha256:..." */
	char config[512];
	struct strv layers; /* a, b and a again */
};

void export_sample_init(struct export_sample *sample);
void export_sample_release(struct export_sample *sample);
/* Entries "PATH|CONTENT" or "PATH>LINK", ";" between; "{config}" is its text. */
void export_sample_archive(const struct export_sample *sample, const char *entries,
			   struct buf *out);
