/* SPDX-License-Identifier: MIT */
#include "base/time.h"

#include <stdio.h>
#include <time.h>

int64_t time_monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t time_now(void)
{
	return (int64_t)time(NULL);
}

struct time_text time_rfc3339(int64_t seconds)
{
	struct time_text text;
	time_t when = (time_t)seconds;
	struct tm tm;

	if (!gmtime_r(&when, &tm) ||
	    !strftime(text.text, sizeof(text.text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(text.text, sizeof(text.text), "1970-01-01T00:00:00Z");
	return text;
}

struct time_text time_elapsed(int64_t ms)
{
	struct time_text text;

	if (ms < 1000)
		snprintf(text.text, sizeof(text.text), "%d ms", (int)ms);
	else if (ms < 60000)
		snprintf(text.text, sizeof(text.text), "%.1f s", (double)ms / 1000);
	else
		snprintf(text.text, sizeof(text.text), "%d min %d s", (int)(ms / 60000),
			 (int)(ms % 60000 / 1000));
	return text;
}
