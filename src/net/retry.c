/* SPDX-License-Identifier: MIT */
#include "net/retry.h"

#include <poll.h>
#include <sys/random.h>

#include "base/interrupt.h"
#include "base/limits.h"
#include "base/time.h"
#include "net/url.h"

#define ATTEMPTS  5
#define BASE_MS	  500
#define CAP_MS	  30000
#define BUDGET_MS 300000
/* Waits that a person notices are told. */
#define TOLD_FROM_MS 1000
/* More than any budget; keeps sums small. */
#define LONGEST_SECONDS (365LL * 86400)

bool retry_is_temporary(int status)
{
	static const short statuses[] = { 408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524 };

	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++)
		if (statuses[i] == status)
			return true;
	return false;
}

int64_t retry_after_ms(const char *value, int64_t now)
{
	struct tm date = { 0 };
	int64_t seconds;
	const char *end;

	if (str_to_int(value, 0, INT64_MAX, &seconds))
		return 1000 * (seconds < LONGEST_SECONDS ? seconds : LONGEST_SECONDS);
	/* Of the three forms that RFC 9110 5.6.7 lists, two are of the last century. */
	end = strptime(value, "%a, %d %b %Y %H:%M:%S GMT", &date);
	if (!end || *end)
		return -1;
	seconds = timegm(&date) - now;
	if (seconds < 0)
		seconds = 0;
	return 1000 * (seconds < LONGEST_SECONDS ? seconds : LONGEST_SECONDS);
}

static int64_t value_or(int64_t value, int64_t otherwise)
{
	return value ? value : otherwise;
}

int64_t retry_stall_ms(const struct retry *retry)
{
	return value_or(retry->stall_ms, LIMIT_STALL_MS);
}

static int really_sleep(void *arg, int64_t ms, struct error *err)
{
	int64_t end = time_monotonic_ms() + ms, left;
	struct pollfd wake = { .events = POLLIN };

	(void)arg;
	while ((left = end - time_monotonic_ms()) > 0) {
		if (interrupt_check(err))
			return -1;
		wake.fd = interrupt_shielded() ? -1 : interrupt_fd();
		poll(&wake, 1, (int)(left < BUDGET_MS ? left : BUDGET_MS));
	}
	return interrupt_check(err);
}

/* How long to wait before attempt `next` (2, 3, ...). */
static int64_t delay_ms(const struct retry *retry, int next, const struct http_response *response)
{
	int64_t cap = value_or(retry->cap_ms, CAP_MS), most = value_or(retry->base_ms, BASE_MS);
	const char *asked = response ? http_header_get(response, "Retry-After") : NULL;
	int64_t wait = asked ? retry_after_ms(asked, time_now()) : -1;
	uint64_t random = 0;

	if (wait >= 0)
		return wait;
	for (int i = 2; i < next && most < cap; i++)
		most *= 2;
	if (most > cap)
		most = cap;
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
		return most;
	return (int64_t)(random % (uint64_t)(most + 1));
}

static void tell(const struct retry *retry, const char *request_url, int status, int64_t wait)
{
	AUTO(buf_release) struct buf origin = BUF_INIT(300);
	AUTO(url_release) struct url url = { 0 };
	struct error err;

	if (wait < TOLD_FROM_MS || url_parse(request_url, &url, &err))
		return;
	url_add_origin(&url, &origin);
	if (status)
		event_notice(retry->sink, "%s answered %d; trying again in %s", origin.data, status,
			     time_elapsed(wait).text);
	else
		event_notice(retry->sink, "%s did not answer; trying again in %s", origin.data,
			     time_elapsed(wait).text);
}

int64_t retry_next(const struct retry *retry, struct retry_course *course, const char *url,
		   const struct http_response *response)
{
	int64_t left = value_or(retry->budget_ms, BUDGET_MS) - course->waited_ms, wait;

	if (++course->attempts >= value_or(retry->attempts, ATTEMPTS))
		return -1;
	wait = delay_ms(retry, course->attempts + 1, response);
	if (wait > left)
		return -1;
	course->waited_ms += wait;
	tell(retry, url, response ? response->status : 0, wait);
	return wait;
}

int retry_sleep(const struct retry *retry, int64_t ms, struct error *err)
{
	return (retry->sleep ? retry->sleep : really_sleep)(retry->sleep_arg, ms, err);
}
