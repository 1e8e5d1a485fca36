/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The tables, printed for what is made from them: --introspect=WHAT with
 * man-1 and man-5 (the generated sections of the manual pages, in roff), bash
 * (completion), and for tests commands, options, keys and exits, one a line,
 * fields between tabs.
 */
#include <stdio.h>

#include "base/error.h"

/* ERROR_USAGE if there is no such table. */
int introspect_print(const char *what, FILE *out, struct error *err) CHECK;
