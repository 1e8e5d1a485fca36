/* SPDX-License-Identifier: MIT */
#include "flow/status/overview-ask.h"

#include <stdatomic.h>

#include "base/host.h"
#include "base/task.h"
#include "engine/connect.h"
#include "flow/build/build.h"

/* While the engine answers one, the next is asked. */
#define PER_PROCESSOR 2
#define INQUIRERS_MAX 8

struct inquirer {
	struct inquirers *all;
	struct task task;
};

struct inquirers {
	const struct run *run;
	struct inquiry *inquiries;
	size_t count;
	atomic_size_t next;
	struct inquirer items[INQUIRERS_MAX];
	size_t len;
};

/* Who has no connection leaves what it takes unanswered: each says why. */
static void inquire(void *arg)
{
	struct inquirers *all = ((struct inquirer *)arg)->all;
	struct engine *engine = NULL;
	struct error err = { 0 };
	int status = engine_open(all->run->engine->info.url, all->run->sink, &engine, &err);
	size_t i;

	while ((i = atomic_fetch_add(&all->next, 1)) < all->count) {
		struct inquiry *inquiry = &all->inquiries[i];

		if (status)
			inquiry->err = err;
		else if (plan_inspect(inquiry->job, engine, &inquiry->err) &&
			 error_is(&inquiry->err, ERROR_INTERRUPTED))
			break;
	}
	if (engine)
		engine->ops->close(engine);
}

static size_t choose_count(size_t inquiries)
{
	size_t count = (size_t)host_processor_count() * PER_PROCESSOR;

	if (count > INQUIRERS_MAX)
		count = INQUIRERS_MAX;
	return count < inquiries ? count : inquiries;
}

struct inquirers *inquirers_start(const struct run *run, struct inquiry *inquiries, size_t count,
				  struct error *err)
{
	AUTO(inquirers_freep) struct inquirers *all = calloc(1, sizeof(*all));

	if (!all) {
		error_set_memory(err);
		return NULL;
	}
	all->run = run;
	all->inquiries = inquiries;
	all->count = count;
	for (size_t i = choose_count(count); i; i--) {
		struct inquirer *item = &all->items[all->len];

		*item = (struct inquirer){ .all = all, .task = TASK_INIT };
		item->task.work = inquire;
		item->task.arg = item;
		if (task_start(&item->task, err))
			return NULL;
		all->len++;
	}
	return TAKE(all);
}

int inquirers_await(struct inquirers *inquirers, struct error *err)
{
	for (size_t i = 0; i < inquirers->len; i++)
		if (task_await(&inquirers->items[i].task, err))
			return -1;
	return 0;
}

void inquirers_freep(struct inquirers **inquirers)
{
	if (!*inquirers)
		return;
	for (size_t i = 0; i < (*inquirers)->len; i++)
		task_release(&(*inquirers)->items[i].task);
	free(*inquirers);
}
