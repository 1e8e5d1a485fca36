/* SPDX-License-Identifier: MIT */
#pragma once
/* Several tasks on one thing, each in a thread of its own. */
#include <stddef.h>

#include "base/error.h"

/* What members do, and what tells them to begin nothing more. */
struct team {
	void (*work)(void *arg, size_t member);
	void (*halt)(void *arg);
	void *arg;
};

/*
 * Has the members 0 to `count` - 1 work and returns once all have ended: how many the
 * system let start, 0 if none. Ctrl-C, which reaches this thread alone, halts and
 * interrupts them.
 */
size_t team_work(const struct team *team, size_t count);
