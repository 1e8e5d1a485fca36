/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A terminal: a pseudo-terminal and what would be seen on it. Knows what the
 * report uses and no more; anything else aborts.
 */
#include <stddef.h>
#include <stdio.h>

#include "base/buf.h"

#define SCREEN_COLUMNS_MAX 100
#define SCREEN_ROWS_MAX	   30

struct screen {
	FILE *file; /* to write to */
	int master;
	size_t columns, rows;
	size_t row, column; /* the cursor; the column may be one behind the last */
	char cells[SCREEN_ROWS_MAX][SCREEN_COLUMNS_MAX];
	struct buf history; /* what scrolled away, and what screen_text() adds */
};

void screen_open(struct screen *screen, size_t columns, size_t rows);
void screen_close(struct screen *screen);
/* As a terminal does that breaks its lines anew; only narrower. */
void screen_narrow(struct screen *screen, size_t columns);
/* All that a person sees, scrolling back: lines without spaces at their ends; a
 * wide character is "W" and a space. */
const char *screen_text(struct screen *screen);
