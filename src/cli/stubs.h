/* SPDX-License-Identifier: MIT */
#pragma once
/* The hooks as they are installed: small scripts (hooks/) that call us. */
#include "base/error.h"

struct stub {
	const char *hook; /* NULL: the end */
	const char *text; /* with @PROGRAM@ for the path of the program */
};

/* Made from hooks/ by the build. */
extern const struct stub stubs[];

/* The script for `hook`, which calls `program` (absolute); the caller frees.
 * ERROR_USAGE if there is none for it. */
char *stub_make(const char *hook, const char *program, struct error *err) CHECK;
