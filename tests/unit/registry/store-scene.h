/* SPDX-License-Identifier: MIT */
#pragma once
/* Places that stand for a registry, in a folder of the test's own, and what is put there. */
#include "base/slice.h"
#include "registry/blob.h"

struct store_scene {
	char folder[64];
	char oci[96], archive[96]; /* targets in it: a/b, x.tar */
};

/* Fixtures of cmocka. */
int store_scene_set_up(void **state);
int store_scene_tear_down(void **state);

struct registry *store_scene_open(const char *target, const char *repository);
/* Cannot be opened: ERROR_INPUT, a message that has this. */
void store_scene_refuses(const char *target, const char *message);
int store_scene_put_as(struct registry *registry, struct slice bytes, const char *digest,
		       enum registry_blob_outcome *ret_outcome, struct error *err);
enum registry_blob_outcome store_scene_put(struct registry *registry, struct slice bytes);
/* A manifest or an index, under a tag or, if that is NULL, its digest. */
void store_scene_put_document(struct registry *registry, const char *text, const char *tag);
