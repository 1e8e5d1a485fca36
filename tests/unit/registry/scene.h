/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A scene is one or more questions to a scripted registry, with its answer.
 * Another origin listens too; in every scene no secret may arrive there or
 * turn up in an error, a hint or an event.
 */
#include "base/error.h"
#include "peer.h"
#include "registry/registry.h"

/* Whatever is secret in a scene contains this. */
#define CANARY "Canary"
/* base64 of user:passCanary */
#define BASIC_AUTH "dXNlcjpwYXNzQ2FuYXJ5"
/* Docker's configurations; %s is the registry's host. */
#define CONFIG_PASSWORD "{\"auths\":{\"%s\":{\"auth\":\"" BASIC_AUTH "\"}}}"

struct scene {
	const char *name;
	const char *asks; /* 'e'xists, 'm'anifest, 'i'mage, 'p'ut, 'w'ait; only the last may fail */
	const char *tag;  /* NULL: "t" */
	const char *config;
	struct peer_row rows[10];
	struct peer_row other[3];
	enum registry_answer answer; /* of the last */
	enum error_kind kind;
	const char *message; /* part of the error; NULL: anything */
	const char *hint;    /* the same */
	int waits;	     /* how often it tried again */
};

/* For cmocka's groups: a home without credentials. */
int scene_set_up(void **state);
int scene_tear_down(void **state);
void scene_play(const struct scene *scene);
