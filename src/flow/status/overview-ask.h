/* SPDX-License-Identifier: MIT */
#pragma once
/* Inspecting many images at once, each connection of the engine in a thread of its own.
 * Private to flow/overview. */
#include "flow/job.h"

struct inquiry {
	struct job *job;  /* `image` is filled if it is there */
	struct error err; /* why that is not known */
};

struct inquirers;

/* `run` has an engine. The jobs' images are the inquirers' until they are awaited. NULL
 * without a single one. */
struct inquirers *inquirers_start(const struct run *run, struct inquiry *inquiries, size_t count,
				  struct error *err) CHECK;
int inquirers_await(struct inquirers *inquirers, struct error *err) CHECK;
/* Stops them first. Fine on NULL. */
void inquirers_freep(struct inquirers **inquirers);
