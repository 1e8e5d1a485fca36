/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * An engine in memory, a peer of the real ones: images with tags, containers
 * that use them. It removes like dockerd: a tag, and with the last one the
 * image, unless a container uses it. What a test does not need fails it.
 */
#include "engine/engine.h"

#define FAKE_MAX 16

struct fake_engine {
	struct engine base;
	struct engine_image images[FAKE_MAX];
	size_t image_count;
	struct engine_image remote[FAKE_MAX]; /* what a pull may get, by tag or digest */
	size_t remote_count;
	struct engine_container containers[FAKE_MAX];
	size_t container_count;
};

void fake_init(struct fake_engine *fake);
void fake_release(struct fake_engine *fake);
/* An image with one tag, stamped for `sha` under variable SHA unless NULL.
 * `created` orders them. */
struct engine_image *fake_add(struct fake_engine *fake, const char *tag, const char *sha,
			      const char *created);
/* The same in the registry; a digest is for the test to add. */
struct engine_image *fake_add_remote(struct fake_engine *fake, const char *tag, const char *sha);
/* A container of that image, without labels. */
struct engine_container *fake_use(struct fake_engine *fake, const struct engine_image *image);
/* All tags there are, sorted, one space between. The caller frees. */
char *fake_tags(const struct fake_engine *fake);
