/* SPDX-License-Identifier: MIT */
#pragma once
/* What an image runs on, in the words of OCI: "linux/arm64/v8". */
#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"
#include "codec/json.h"

struct platform {
	char *os;
	char *architecture;
	char *variant; /* NULL: none */
};

/* architecture, os and variant as they stand in indexes and configs. */
extern const struct json_table platform_table;

void platform_release(struct platform *platform);
/* "os/architecture[/variant]"; ERROR_INPUT for anything else. */
int platform_parse(const char *text, struct platform *ret_platform, struct error *err) CHECK;
/* linux on the processor that we run on. */
int platform_of_host(struct platform *ret_platform, struct error *err) CHECK;
/* "os/architecture[/variant]" */
void platform_add(const struct platform *platform, struct buf *out);
/* An order by os, architecture and variant; 0 if they are the same, as arm64
 * and arm64/v8 are. */
int platform_compare(const struct platform *a, const struct platform *b);
/* May `have` run where `wanted` is asked for? A variant that is not named on
 * one side matches, and arm64 is arm64/v8. */
bool platform_matches(const struct platform *have, const struct platform *wanted);
/* Index of the first name from `begin` on that matches; -1: none. */
int platform_find(const struct strv *names, size_t begin, const struct platform *wanted);
