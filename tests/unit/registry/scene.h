/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A scene is one or more questions to a scripted registry, with its answer.
 * Another origin listens too; in every scene no secret may arrive there or
 * turn up in an error, a hint or an event.
 */
#include "base/error.h"
#include "peer.h"
#include "registry/blob.h"

/* Whatever is secret in a scene contains this. */
#define CANARY "Canary"
/* base64 of user:passCanary */
#define BASIC_AUTH "dXNlcjpwYXNzQ2FuYXJ5"
/* What 'b' and 'B' send, of CONFIG_DIGEST; 'l' sends more bytes than are sent unasked. */
#define BLOB	     CONFIG
#define LARGE_SIZE   "2097152"
#define LARGE_DIGEST "sha256:5647f05ec18958947d32874eeb788fa396a05d0bab7c1b71f112ceb7e9b31eee"
/* A repository that may have it. */
#define MOUNT_FROM "team/base"
/* Docker's configurations; %s is the registry's host. */
#define CONFIG_PASSWORD "{\"auths\":{\"%s\":{\"auth\":\"" BASIC_AUTH "\"}}}"

struct scene {
	const char *name;
	/* 'e'xists, 'm'anifest, 'i'mage, 'p'ut, put an inde'x', 'w'ait; a 'b'lob, a 'B'lob that may
	 * be mounted, a 'l'arge one, one that is 's'treamed; only the last may fail. */
	const char *asks;
	const char *tag; /* NULL: "t" */
	const char *config;
	struct peer_row rows[14];
	struct peer_row other[3];
	enum registry_answer answer; /* of the last */
	enum error_kind kind;
	const char *message; /* part of the error; NULL: anything */
	const char *hint;    /* the same */
	int waits;	     /* how often it tried again */
	int64_t stall_ms;    /* 0: as it is by default */
	bool trusts_other;   /* as a token server: secrets may arrive there */
	/* Of blobs. */
	enum registry_blob_outcome outcome;
	enum scene_source {
		SOURCE_GOOD,
		SOURCE_SHORT,
		SOURCE_WRONG,
		SOURCE_FAILS,
		SOURCE_NONE,
	} source;
	int starts; /* how often the source was started, and stopped; -1: does not matter */
};

/* For cmocka's groups: a home without credentials. */
int scene_set_up(void **state);
int scene_tear_down(void **state);
void scene_play(const struct scene *scene);
