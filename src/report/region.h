/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The last lines of a terminal, which change in place. Each change is one write,
 * so that nothing flickers; no mode of the terminal is changed, so that nothing
 * needs to be restored: the cursor is left at the end of the last line.
 */
#include <stdio.h>

#include "base/buf.h"

#define REGION_LINES_MAX 16

struct region {
	FILE *file;
	size_t count;			 /* of lines that stand there; 0: none */
	size_t widths[REGION_LINES_MAX]; /* of each, in columns */
};

/* Whole lines `above` stay and scroll away (empty: none), `lines` take the place
 * of those that stand there. Text of others is safe_add()ed before. What is
 * wider than the terminal is cut, and what is higher left out. */
void region_show(struct region *region, struct slice above, struct slice lines);
/* Takes the lines away, so that something else can be written. */
void region_clear(struct region *region);
