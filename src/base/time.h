/* SPDX-License-Identifier: MIT */
#pragma once
/* Clocks and their text forms. Deadlines are on the monotonic clock. */
#include <stdint.h>

/* Milliseconds since some fixed point; never goes back. */
int64_t time_monotonic_ms(void);
/* Seconds since 1970. */
int64_t time_now(void);

struct time_text {
	char text[32];
};
/* RFC 3339 in UTC with seconds: "2026-11-21T10:00:00Z". */
struct time_text time_rfc3339(int64_t seconds);
/* "1.2 s", "340 ms", "2 min 5 s" for people. */
struct time_text time_elapsed(int64_t ms);
