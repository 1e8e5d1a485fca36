/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Takes out of a text what must not be shown: the user information of URLs,
 * the values of Authorization headers and bearer tokens, and control
 * characters that would reach a terminal.
 */

/* In place; the text never grows. Line feeds and tabs stay. */
void redact_text(char *text);
