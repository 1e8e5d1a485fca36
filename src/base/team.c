/* SPDX-License-Identifier: MIT */
#include "base/team.h"

#include "base/task.h"

struct member {
	const struct team *team;
	size_t number;
	struct task task;
};

static void work(void *arg)
{
	const struct member *member = arg;

	member->team->work(member->team->arg, member->number);
}

static size_t start(const struct team *team, struct member *members, size_t count)
{
	struct error ignored = { 0 };

	for (size_t i = 0; i < count; i++) {
		struct member *member = &members[i];

		*member = (struct member){ .team = team, .number = i, .task = TASK_INIT };
		member->task.work = work;
		member->task.arg = member;
		if (!task_start(&member->task, &ignored))
			continue;
		task_release(&member->task);
		return i;
	}
	return count;
}

static void stop(const struct team *team, struct member *members, size_t count)
{
	team->halt(team->arg);
	for (size_t i = 0; i < count; i++)
		interrupt_raise(&members[i].task.interrupt);
	for (size_t i = 0; i < count; i++)
		task_stop(&members[i].task);
}

size_t team_work(const struct team *team, size_t count)
{
	AUTOFREE struct member *members = calloc(count, sizeof(*members));
	struct error ignored = { 0 };
	size_t started = members ? start(team, members, count) : 0;

	for (size_t i = 0; i < started; i++) {
		if (!task_await(&members[i].task, &ignored))
			continue;
		stop(team, members, started);
		break;
	}
	for (size_t i = 0; i < started; i++)
		task_release(&members[i].task);
	return started;
}
