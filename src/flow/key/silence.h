/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Registries that did not answer in this run: what is asked to save time is not asked of
 * them again, for each of 300 images would wait as long. For several threads.
 */
#include <stdbool.h>

#include "base/error.h"

struct silence;

struct silence *silence_new(struct error *err) CHECK;
void silence_free(struct silence *silence);
/* Of a "host[:port]". */
bool silence_has(struct silence *silence, const char *host);
void silence_add(struct silence *silence, const char *host);
