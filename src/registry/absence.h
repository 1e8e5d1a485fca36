/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Inside registry/: whose is a 404? Only the registry's own means that
 * something is not there: one that shows its version, or speaks JSON, or else
 * answers at /v2/. All else, a proxy's 404 too, leaves it unknown.
 */
#include "registry/ask.h"

/* Of a 404 that answers: 1, it is the registry's; 0, it does not say so:
 * absence_confirm() has to judge the answer to what is asked next. */
int absence_judge(struct ask *ask, struct error *err) CHECK;
/* 1, or -1. */
int absence_confirm(struct ask *ask, struct error *err) CHECK;
