/* SPDX-License-Identifier: MIT */
#include "registry/errand.h"

#include <errno.h>

void errand_release(struct errand *errand)
{
	if (errand->state == ERRAND_RUNS)
		errand->ask.registry->home->errands--;
	errand->state = ERRAND_DONE;
	ask_release(&errand->ask);
}

static bool is_open(const struct errand *errand)
{
	return errand->state == ERRAND_NEW || errand->state == ERRAND_RUNS;
}

/* Its connection is free for the next one. */
static void end(struct errand *errand, int status)
{
	errand_release(errand);
	errand->state = status < 0 ? ERRAND_FAILED : ERRAND_DONE;
}

/* Until it waits for something: 0; 1 done, -1. */
static int go_on(struct errand *errand, struct error *err)
{
	for (;;) {
		enum ask_outcome outcome = ask_poll(&errand->ask, err);
		int status;

		if (outcome == ASK_FAILED || outcome == ASK_BUSY)
			return outcome;
		status = errand->next(
			errand, outcome == ASK_ANSWERED ? ask_response(&errand->ask) : NULL, err);
		if (status || errand->ask.resume_at_ms)
			return status;
	}
}

static int begin(struct errand *errand, struct error *err)
{
	int status;

	errand->state = ERRAND_RUNS;
	errand->ask.registry->home->errands++;
	status = errand->next(errand, NULL, err);
	return status ? status : go_on(errand, err);
}

/* A host that has not answered any request and hung up on none is not tried
 * once more for each errand: each attempt may take its full time. */
static bool is_dead(const struct registry *home, const struct error *err)
{
	return error_is(err, ERROR_UNREACHABLE) && !home->has_answered &&
	       err->os_errno != ECONNRESET;
}

static int give_up(const struct registry *home, struct error *err)
{
	*err = home->dead;
	return -1;
}

static int take_failure(struct errand *errand, struct error *err)
{
	if (!errand->own_err || error_is(err, ERROR_INTERRUPTED) || error_is(err, ERROR_MEMORY))
		return -1;
	*errand->own_err = *err;
	error_clear(err);
	return 0;
}

static int advance(struct errand *errand, unsigned width, struct error *err)
{
	struct registry *home = errand->ask.registry->home;
	int status = 0;

	if (errand->state == ERRAND_RUNS)
		status = go_on(errand, err);
	else if (home->dead.kind)
		status = give_up(home, err);
	else if (home->errands < width && !home->holds)
		status = begin(errand, err);
	if (status)
		end(errand, status);
	if (status < 0 && is_dead(home, err))
		home->dead = *err;
	return status < 0 ? take_failure(errand, err) : 0;
}

int errands_run(struct errand *const *errands, size_t count, unsigned width, struct error *err)
{
	for (size_t i = 0; i < count; i++)
		error_clear(&errands[i]->ask.registry->home->dead);
	for (;;) {
		struct ask_wait wait = { 0 };
		bool is_any_open = false;

		for (size_t i = 0; i < count; i++) {
			if (is_open(errands[i]) && advance(errands[i], width, err))
				return -1;
			if (errands[i]->state == ERRAND_RUNS)
				ask_wait_add(&wait, &errands[i]->ask);
			is_any_open = is_any_open || is_open(errands[i]);
		}
		if (!is_any_open)
			return 0;
		if (ask_wait(&wait, err))
			return -1;
	}
}
