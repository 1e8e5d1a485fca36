/* SPDX-License-Identifier: MIT */
#pragma once
/* A graph of the images of a commit of a world. */
#include "flow/graph/graph.h"
#include "world.h"

/* Files of a commit: "PATH\nTEXT". */
#define SCENE_FILES_MAX 10

/* An image in the folder of its name. */
#define SECTION(name) "[image \"" name "\"]\ncontext = " name "\n"

struct scene {
	struct run run;
	struct configuration configuration;
	struct graph graph;
};

/* Commits these files and no other. */
void scene_commit(const struct world *world, const char *const *files);
/* Of the newest commit. `words` are names with a space between; NULL: all. */
int scene_open(struct scene *scene, const struct world *world, const char *words,
	       struct error *err) CHECK;
void scene_close(struct scene *scene);
