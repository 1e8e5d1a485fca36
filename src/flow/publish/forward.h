/* SPDX-License-Identifier: MIT */
#pragma once
/* :latest moves last and only forward (promise 3), and so do the moving tags of
 * image.tag. What becomes of one is told by an event whose detail is the
 * outcome's name. */
#include "flow/publish/publish.h"

/* Judges what each moving tag holds and writes our manifest under it if it may
 * move; sets `outcome`, and `confirm_at_ms` after a write. */
int forward_move(struct publication *publication, struct error *err) CHECK;

/* Awaits each `confirm_at_ms`, reads once more; if somebody put an older commit
 * there meanwhile, writes ours again and begins anew, a few times. */
int forward_confirm(struct publication *publication, struct error *err) CHECK;

/* Whether the tag, holding `held` (NULL: nothing), may move to the commit. Says
 * why not. Never LATEST_NOT_TRIED. */
int forward_judge(struct job *job, const struct moving_tag *moving,
		  const struct registry_image *held, enum latest_outcome *ret,
		  struct error *err) CHECK;

/* 1 if the commit is on the branch that is deployed (image.deploy), here or as last
 * fetched, or if none is named; 0 if not. */
int forward_is_deployed(const struct job *job, struct error *err) CHECK;
