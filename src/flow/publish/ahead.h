/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Blobs on their way to the registry while the trial runs, in a thread with an
 * engine connection and a registry client of its own; never a manifest, so that
 * nobody can see an image that has not passed. What it could not bring without
 * the engine's own push is left to the publication. Its error is the
 * publication's, which a failed trial never comes to.
 */
#include "registry/registry.h"

struct ahead;
struct engine;
struct job;

/* NULL where nothing can go ahead: no registry, a dry run, a work tree's image, a few
 * others on their way. The job outlives it. */
struct ahead *ahead_start(struct job *job);
/* The same from another connection to the job's engine, which is taken over. */
struct ahead *ahead_start_from(struct job *job, struct engine *engine);
/* Stops it at once; NULL is fine. */
void ahead_free(struct ahead *ahead);

/* Waits until it has ended; only an interrupt is an error. */
int ahead_await(struct ahead *ahead, struct error *err) CHECK;
/* Behind ahead_await(): its client, which has a connection and a token; once. */
struct registry *ahead_take_registry(struct ahead *ahead);
/* Behind ahead_await(), as blobs_bring(); once. */
int ahead_take_manifest(struct ahead *ahead, struct registry_manifest *ret_manifest,
			struct error *err) CHECK;
