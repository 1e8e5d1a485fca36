/* SPDX-License-Identifier: MIT */
#pragma once
/* A real repository with three commits, a run at the second one, and an engine
 * in memory. */
#include "fake_engine.h"
#include "flow/job.h"

struct world {
	char folder[64];
	char state[64];
	char sha[3][41]; /* oldest first */
	struct run run;
	struct settings settings;
	struct fake_engine engine;
};

/* For cmocka: `*state` is the world. */
int world_set_up(void **state);
int world_tear_down(void **state);

/* Runs git in the repository; `ret_line` takes 40 characters of what it prints. */
void world_git(const struct world *world, const char *const *words, char *ret_line);
#define WORLD_GIT(world, line, ...)                                                                \
	world_git(world, (const char *const[]){ __VA_ARGS__, NULL }, line)

/* "r.example/app:<sha7>" of commit i. */
const char *world_tag(const struct world *world, size_t i);

/* The job of image "app" in that run, planned. */
void world_open_job(struct world *world, struct run *run, struct job *job);

/* Records a line of image "app" on a commit. */
void world_note(struct world *world, const char *sha, const struct record *record);
/* That of commit i in the engine, and on record as built. */
struct engine_image *world_add_own(struct world *world, size_t i, const char *created);
