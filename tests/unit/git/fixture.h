/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Real repositories for the tests, made by git itself in a temporary folder
 * with a home, an identity and dates of their own. A failure of the fixture
 * fails the test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "git/repository.h"

/* cmocka's group setup and teardown: the temporary folder and environment. */
int fixture_start(void **state);
int fixture_end(void **state);

/* The temporary folder; tests may use any names below it. */
const char *fixture_root(void);
/* The text with each "ROOT" replaced by the folder; valid until the 4th call
 * after it. */
const char *fixture_text(const char *text);
/* Runs a shell script in the folder, which must succeed. */
void fixture_run(const char *format, ...) PRINTF(1, 2);
/* The same; its output without the last line feed, valid until the 4th call
 * after it. */
const char *fixture_output(const char *format, ...) PRINTF(1, 2);
/* Opens a repository below the root, which must succeed. */
struct git_repo *fixture_open(const char *name);
/* The error as "kind: message" in static memory; an empty text if none. */
const char *fixture_error(const struct error *err);
