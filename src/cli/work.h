/* SPDX-License-Identifier: MIT */
#pragma once
/* What every command that works on images begins and ends with. */
#include "cli/commands.h"
#include "flow/config/configure.h"
#include "flow/loop.h"

struct doctor;

struct work {
	struct cli *cli;
	struct run run;
	struct configuration configuration;
	struct graph graph;
	struct strv images;    /* that are wanted; empty: the one without a section */
	struct doctor *doctor; /* of cmd_doctor() */
	char *engine_url, *trial_engine_url;
	int64_t notice_ms; /* that it took to look for changed files */
	int64_t at_once;   /* images; as crew_size() takes it */
	bool is_hook;	   /* the words are not images, and nobody watches */
};

typedef int work_step(struct work *work, struct jobs *jobs, struct error *err);

/* Opens the repository at the commit, reads the configuration, opens the graph of the
 * images that were named, or all. What they stand on is wanted, too, if the command
 * takes_parents. */
int work_open(struct work *work, struct cli *cli, struct error *err) CHECK;
void work_close(struct work *work);

/* Runs the step for each wanted image in turn; the first failure ends it. Says after
 * each how many changed files of its context are not in the image. */
int work_each(struct work *work, work_step *step, struct error *err) CHECK;

/* Says the same of all wanted images. */
void work_notice_changes(struct work *work);

/* Runs one of loop.h for the wanted images; the references of those that were named are
 * the result, also if others came to nothing. */
int work_run(struct work *work, loop_way *loop, struct error *err) CHECK;
/* The same between work_open() and work_close(). */
int work_loop(struct cli *cli, loop_way *loop, struct error *err) CHECK;
