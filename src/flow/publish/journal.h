/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What a set of publications means to do, written before its first tag and
 * removed after its last: <state>/journals/ has one file for each run that
 * publishes several images, so that no two share one. It is unfinished once its
 * run is dead. It is a hint for people and never proof: what has to be done yet
 * is read from the registry.
 */
#include "flow/run.h"

struct journal_image {
	char *name;	  /* in its repository */
	char *repository; /* at the registry */
	char *tag;
	char *id;     /* as the engine gives it */
	char *digest; /* of the manifest; NULL: the engine's push will tell */
};

struct journal {
	char *path;
	char *commit;
	char *at;    /* RFC 3339 */
	char *phase; /* "tags", then "latest" */
	struct journal_image *images;
	size_t len;
};

void journal_release(struct journal *journal);

/* The run's own one, without images yet. */
int journal_init(struct journal *journal, const struct run *run, struct error *err) CHECK;
/* Adds an image to be filled; NULL without memory. */
struct journal_image *journal_add(struct journal *journal, struct error *err) CHECK;
/* Whole or not at all, and on the disk when it returns. Without images it is removed. */
int journal_write(const struct journal *journal, struct error *err) CHECK;
/* One that is not there is fine. */
void journal_remove(const struct journal *journal);
/* No longer speaks of that image. */
void journal_drop(struct journal *journal, size_t image);

struct journal_list {
	struct journal *items;
	size_t len;
};

void journal_list_release(struct journal_list *list);
/* Of the same git repository and of runs that are dead. What makes no sense is
 * removed, but in a dry run, and what a later version wrote passed over. The run has
 * its state folder. */
int journal_find(const struct run *run, struct journal_list *ret_list, struct error *err) CHECK;
