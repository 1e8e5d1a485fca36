/* SPDX-License-Identifier: MIT */
#pragma once
/* Images to be taken into a layout, good ones and spoilt ones. What fails here fails
 * the test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "codec/digest.h"
#include "engine/layout-import.h"

#define MANIFEST_TYPE "application/vnd.oci.image.manifest.v1+json"
#define CONFIG_TYPE   "application/vnd.oci.image.config.v1+json"
#define LAYER_TYPE    "application/vnd.oci.image.layer.v1.tar+gzip"
#define ZEROS_HEX     "0000000000000000000000000000000000000000000000000000000000000000"
#define DIFF_ID	      "sha256:1111111111111111111111111111111111111111111111111111111111111111"

extern char folder[32]; /* of the group; all layouts are in there */
int make_folder(void **state);
int remove_folder(void **state);

void check(int status, const struct error *err);
void open_layout(const char *name, struct layout *layout);
/* How many files a folder of the layout has. */
size_t count_files(const struct layout *layout, const char *name);
size_t count_images(const struct layout *layout, const char *repository, bool is_dangling);
/* All names of the image, or the word for the error. */
void assert_tags(const struct layout *layout, const char *reference, const char *expected);

/* An archive in its parts, so that they can be put in any order or spoilt. */
struct sample {
	struct buf parts[8];
	size_t len;
	const char *order; /* of those that are sent: "01234" */
	size_t piece;	   /* bytes that are fed at once */
};

#define LAYER_PART  0
#define COMMON_PART 1
#define CONFIG_PART 2
#define IMAGE_PART  3 /* the manifest */
#define INDEX_PART  4
#define PART_COUNT  5

/* What is wrong with a sample; zeroes: nothing. */
struct flaw {
	int missing_byte; /* of the size that the manifest gives a layer */
	bool has_one_diff_id;
	const char *index; /* instead of index.json; NULL: the right one */
	bool has_two_images;
};

void sample_release(struct sample *sample);
void add_file(struct buf *out, const char *path, struct slice content);
struct digest_text add_blob(struct sample *sample, struct slice content);
/* Two layers: one of this name, one that all samples share. */
void make_sample(struct sample *sample, const char *name, const struct flaw *flaw);

int feed(struct layout_import *import, const struct sample *sample, struct error *err);
int take_in(const struct layout *layout, const struct sample *sample, char **ret_id,
	    struct error *err);
int take_in_named(const struct layout *layout, const char *name, char **ret_id, struct error *err);
int stamp(const struct layout *layout, const char *id, const char *sha, char **ret_id,
	  struct error *err);
