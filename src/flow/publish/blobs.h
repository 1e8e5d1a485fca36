/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The blobs of an image on their way to a registry, the cheapest way first:
 * layers that are there already are only named, what is missing comes out of
 * the engine or by its own push. No manifest is put here.
 */
#include "engine/engine.h"
#include "flow/config/settings.h"
#include "registry/registry.h"

/* An image, and where it goes. All is borrowed; what it points to may be used by
 * one thread at a time only, but for `settings` and `sink`. */
struct bringing {
	struct engine *engine;
	struct registry *registry;
	const struct reference *reference; /* of its repository there; the tag does not count */
	const char *id;
	const struct strv *layers; /* diff IDs, the lowest first */
	int64_t size;		   /* of all layers as the engine has them; 0: not known */
	const char *platform;	   /* NULL: the engine's own */
	/* What the image was built on, if that is of the same registry; NULL: none. */
	const struct reference *base;
	const char *mount_from; /* its repository, once the registry was asked; NULL: none */
	const struct settings *settings;
	const char *state_folder;
	struct event_sink *sink;
	const char *step, *image; /* for progress events; may be NULL */
	bool is_ahead;		  /* a trial goes on meanwhile: time costs nothing */
	bool asks_all;		  /* also for layers that :latest names */
	bool is_direct;		  /* whatever is quicker */
};

struct job;

/* Of a job's image. */
struct bringing bringing_of(struct job *job, struct registry *registry,
			    const struct reference *reference);

/*
 * 1: all that the image's manifest needs is at the registry, and the manifest is
 * returned: its config's digest is `id`, or its own is. 0: the engine's own push
 * is the quicker way, or the only one. Ends early by interrupt_check().
 */
int blobs_bring(const struct bringing *bringing, struct registry_manifest *ret_manifest,
		struct error *err) CHECK;
