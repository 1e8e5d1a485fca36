/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A registry in memory that several publishers of one repository meet in, each
 * in a thread of its own and at a door of its own. Nothing happens to a tag but
 * when the test lets one publisher take its next step, once all of them stand
 * still: so every order of requests can be played, and played again.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "codec/digest.h"

#define ARENA_DOORS  3
#define ARENA_IMAGES 4
/* The tag of a commit, whose two builds meet under it. */
#define ARENA_NAMED  "1f2e3d4"

enum arena_state {
	ARENA_GONE,    /* no publisher, or it has ended */
	ARENA_RUNNING, /* something will come of it */
	ARENA_READS,   /* waits to read the tag */
	ARENA_WRITES,  /* waits to write it */
	ARENA_PAUSES,  /* waits for the time to look at it once more */
};

struct arena_image {
	char config[512], manifest[512];
	struct digest_text config_digest, digest;
};

struct arena_door {
	struct arena *arena;
	int listener;
	char host[32]; /* "127.0.0.1:12345" */
	enum arena_state state;
	bool may_go;
	pthread_t thread;
};

struct arena {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct arena_door doors[ARENA_DOORS];
	struct arena_image images[ARENA_IMAGES];
	size_t image_count;
	int latest; /* which image; -1: none */
	int named;  /* that of ARENA_NAMED */
	char complaint[256];
};

void arena_init(struct arena *arena);
void arena_release(struct arena *arena);
/* Before anybody enters: an image whose config says that it is of that commit, and
 * one of any config. */
void arena_add(struct arena *arena, const char *sha);
void arena_add_config(struct arena *arena, const char *config);

/* For a publisher's thread: before the first request, instead of the time that
 * has to pass, and at the end. */
void arena_enter(struct arena_door *door);
void arena_pause(struct arena_door *door);
void arena_leave(struct arena_door *door);

/* For the test: awaits that all stand still, which is told; false if all have left. */
bool arena_stands(struct arena *arena, enum arena_state ret_states[ARENA_DOORS]);
/* Lets that one take its step. */
void arena_step(struct arena *arena, size_t door);
