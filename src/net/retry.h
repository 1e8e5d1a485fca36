/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Whether and when to try again what did not get through, or was answered by
 * what one table calls temporary. The wait between attempts is a random part of
 * a delay that doubles ("full jitter"), or as long as Retry-After asks for. Only
 * for requests that may be repeated.
 */
#include <stdint.h>

#include "base/event.h"
#include "net/http.h"

struct retry {
	int attempts;		 /* at most; 0: 5 */
	int64_t base_ms;	 /* the first delay's maximum; 0: 500 */
	int64_t cap_ms;		 /* of any delay of ours; 0: 30 s */
	int64_t budget_ms;	 /* of all waiting, Retry-After included; 0: 5 min */
	int64_t stall_ms;	 /* of one attempt without a byte moving; 0: LIMIT_STALL_MS */
	struct event_sink *sink; /* hears of each wait */
	/* Waits; for tests. NULL: really, until interrupted. */
	int (*sleep)(void *arg, int64_t ms, struct error *err);
	void *sleep_arg;
};

/* For the `stall_ms` of each attempt. */
int64_t retry_stall_ms(const struct retry *retry);
/* Is this status worth another attempt? 408, 429 and some 5xx. */
bool retry_is_temporary(int status);
/* Retry-After (RFC 9110 10.2.3), seconds or a date, as milliseconds from `now`
 * (time_now()), 0 if that has passed; -1 if it is neither. */
int64_t retry_after_ms(const char *value, int64_t now);

/* How far a request has come; zeroed at its begin. */
struct retry_course {
	int attempts;	   /* that failed */
	int64_t waited_ms; /* between them */
};

/* An attempt failed (`response` NULL) or was answered by a temporary status: how
 * long to wait before the next one, told to the sink; -1: there is none. */
int64_t retry_next(const struct retry *retry, struct retry_course *course, const char *url,
		   const struct http_response *response);
/* Waits as `retry` does, until interrupted. */
int retry_sleep(const struct retry *retry, int64_t ms, struct error *err) CHECK;
