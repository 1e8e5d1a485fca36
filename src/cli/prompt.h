/* SPDX-License-Identifier: MIT */
#pragma once
/* Questions to who sits at the terminal, whatever the streams are. */
#include "base/secret.h"

/*
 * Asks on the terminal of the process and reads a line; without an echo if the
 * answer is secret. ERROR_NOT_FOUND: there is no terminal; ERROR_INPUT: nothing
 * was entered.
 */
int prompt_line(const char *question, bool is_secret, struct secret *ret_answer,
		struct error *err) CHECK;
