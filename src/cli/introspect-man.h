/* SPDX-License-Identifier: MIT */
#pragma once
/* The sections of the manual pages that come from the tables, in roff. */
#include <stdio.h>

/* COMMANDS, OPTIONS and EXIT STATUS of git-image(1). */
void introspect_man_1(FILE *out);
/* KEYS of git-image-config(5). */
void introspect_man_5(FILE *out);
