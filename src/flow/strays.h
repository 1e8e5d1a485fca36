/* SPDX-License-Identifier: MIT */
#pragma once
/* What killed runs leave in an engine, found by the label key of ours. */
#include "flow/run.h"

/* The labels by which a later run knows a container of ours and when it may
 * go: run, host, boot, deadline (`lifetime_ms` from now). */
int strays_label(const struct run *run, int64_t lifetime_ms, struct strmap *labels,
		 struct error *err) CHECK;

/* Removes containers of dead runs: of this host and boot once their run is
 * dead, of an earlier boot at once, of another host after their deadline. */
int strays_sweep(struct run *run, struct error *err) CHECK;
