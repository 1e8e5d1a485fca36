/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Compare-and-swap of a ref by git's own lock file, such that a lock left by a
 * killed process is known to be ours and is removed; private to this layer.
 * All callers take turns by a lock of our own (ref_turn).
 */
#include "git/internal.h"

/* Waits for our turn; `ret_fd` is to be closed, which ends it. */
int ref_turn(struct git_repo *repo, int *ret_fd, struct error *err) CHECK;

/* The commit of a ref; `ret_has` false if there is no such ref. */
int ref_read(struct git_repo *repo, const char *ref, git_oid *ret_oid, bool *ret_has,
	     struct error *err) CHECK;

/* In our turn: 1 swapped; 0 it is not `old` (NULL: absent) any more, or git
 * holds its lock: try again; -1. */
int ref_swap(struct git_repo *repo, const char *ref, const git_oid *old, const git_oid *new,
	     struct error *err) CHECK;
