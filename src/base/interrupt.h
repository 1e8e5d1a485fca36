/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Ctrl-C and its like: SIGINT, SIGTERM and SIGHUP set a flag and make a file
 * descriptor readable, so that every wait can end at once. Work that cleans
 * up calls interrupt_shield() so that it can still talk to the engine. All of
 * this is of the calling thread; signals are the main one's, and another one's
 * waits are ended by a word of the main one.
 */
#include <stdatomic.h>
#include <stdbool.h>

#include "base/error.h"

/* Installs the handlers; a third signal ends the process at once. */
int interrupt_install(struct error *err) CHECK;
/* Readable once interrupted; -1 before the installation. */
int interrupt_fd(void);
/* Asked for and not shielded. */
bool interrupt_pending(void);
/* ERROR_INTERRUPTED if pending, else 0. */
int interrupt_check(struct error *err) CHECK;
/* From now on pending() is false: the end has begun. Returns the state before. */
bool interrupt_shield(bool is_shielded);
bool interrupt_shielded(void);

/* What ends the waits of a thread that signals do not reach. */
struct interrupt {
	atomic_bool is_raised;
	int fd;
};

int interrupt_init(struct interrupt *interrupt, struct error *err) CHECK;
void interrupt_release(struct interrupt *interrupt);
/* From any thread, at any time, once or often. */
void interrupt_raise(struct interrupt *interrupt);
/* The calling thread, which blocks all signals, is interrupted by this and nothing else. */
void interrupt_bind(struct interrupt *interrupt);
