/* SPDX-License-Identifier: MIT */
#pragma once
/* :latest moves last and only forward (promise 3). */
#include "flow/publish.h"

/* Judges what :latest holds and writes our manifest under it if it may move;
 * sets `latest`, and `confirm_at_ms` after a write. */
int forward_latest(struct publication *publication, struct error *err) CHECK;

/* Awaits `confirm_at_ms`, reads once more; if somebody put an older commit
 * there meanwhile, writes ours again, once. */
int forward_confirm(struct publication *publication, struct error *err) CHECK;

/* Whether :latest, holding `held` (NULL: nothing), may move to the commit. Says
 * why not. Never LATEST_NOT_TRIED. */
int forward_judge(struct job *job, const struct registry_image *held, enum latest_outcome *ret,
		  struct error *err) CHECK;
