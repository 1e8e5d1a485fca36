/* SPDX-License-Identifier: MIT */
/* The images of a graph, several at a time: order, bound, failures, Ctrl-C. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/str.h"
#include "flow/graph/crew.h"
#include "world.h"

#define IMAGES_MAX 300
#define ENGINE_URL "unix:///run/ours.sock"

/* What the fake steps do and saw; of one test at a time. */
static struct {
	struct event_sink sink; /* first: a sink is this */
	pthread_mutex_t lock;
	struct graph graph;
	struct buf said; /* "left-out d 'b' failed;" */
	struct buf order;
	bool fails[IMAGES_MAX];
	bool is_done[IMAGES_MAX], is_running[IMAGES_MAX];
	bool asks[IMAGES_MAX]; /* for its parents, once */
	size_t beside;	       /* steps that ran beside one of a parent */
	size_t begun, running, most_running;
	size_t early;	/* steps that began before a parent was done */
	size_t foreign; /* steps whose run was not a run of their own */
	size_t astray;	/* forks that would look for an engine by themselves */
	struct run *main_run;
	size_t interrupts_at; /* this many have begun: Ctrl-C */
	useconds_t takes_us;
} stage;

static void hear(struct event_sink *sink, const struct event *event)
{
	(void)sink;
	pthread_mutex_lock(&stage.lock);
	if (event->type == EVENT_LEFT_OUT)
		buf_add_format(&stage.said, "%s left out: %s; ", event->image, event->detail);
	if (event->type == EVENT_NOTICE || event->type == EVENT_WARNING)
		buf_add_format(&stage.said, "%s: %.*s; ", event_type_name(event->type),
			       (int)event->text.len, event->text.data);
	pthread_mutex_unlock(&stage.lock);
}

static size_t index_of(const struct jobs *jobs)
{
	size_t i = 0;

	while (&stage.graph.images[i].jobs != jobs)
		i++;
	return i;
}

static void begin(size_t i)
{
	const struct graph_image *image = &stage.graph.images[i];
	const struct run *run = image->jobs.items[0].run;
	bool interrupts;

	pthread_mutex_lock(&stage.lock);
	buf_add_format(&stage.order, "%s ", image->name);
	for (size_t k = 0; k < image->parent_count; k++)
		stage.early += !stage.is_done[image->parents[k]];
	stage.foreign += run == stage.main_run;
	stage.astray += run != stage.main_run && !str_equal(run->options.engine, ENGINE_URL);
	interrupts = ++stage.begun == stage.interrupts_at;
	if (++stage.running > stage.most_running)
		stage.most_running = stage.running;
	pthread_mutex_unlock(&stage.lock);
	if (interrupts)
		kill(getpid(), SIGINT);
}

static int end(size_t i, struct error *err)
{
	pthread_mutex_lock(&stage.lock);
	stage.running--;
	stage.is_done[i] = true;
	pthread_mutex_unlock(&stage.lock);
	return stage.fails[i] ? error_set(err, ERROR_TEST, "no luck") : 0;
}

static int step(struct jobs *jobs, struct error *err)
{
	size_t i = index_of(jobs);

	begin(i);
	usleep(stage.takes_us);
	return end(i, err);
}

static void add(const char *name, size_t parent_count, const size_t *parents)
{
	struct graph_image *image = &stage.graph.images[stage.graph.len++];

	image->name = strdup(name);
	image->is_wanted = true;
	image->jobs.items = calloc(1, sizeof(struct job));
	image->jobs.items[0] = (struct job){ .lock_fd = -1, .run = stage.main_run };
	image->jobs.len = 1;
	image->parents = calloc(parent_count + 1, sizeof(*parents));
	image->parent_count = parent_count;
	for (size_t i = 0; i < parent_count; i++)
		image->parents[i] = parents[i];
}

#define ADD(name, ...)                                                                             \
	add(name, sizeof((size_t[]){ __VA_ARGS__ }) / sizeof(size_t), (size_t[]){ __VA_ARGS__ })

static int set_up(void **state)
{
	struct world *world;

	if (world_set_up(state))
		return -1;
	world = *state;
	memset(&stage, 0, sizeof(stage));
	pthread_mutex_init(&stage.lock, NULL);
	stage.sink.emit = hear;
	stage.said = (struct buf)BUF_INIT(65536);
	stage.order = (struct buf)BUF_INIT(65536);
	stage.graph.images = calloc(IMAGES_MAX, sizeof(struct graph_image));
	stage.main_run = &world->run;
	stage.takes_us = 2000;
	interrupt_shield(false);
	world->run.sink = &stage.sink;
	world->run.engine->info.url = strdup(ENGINE_URL);
	return 0;
}

static int tear_down(void **state)
{
	graph_release(&stage.graph);
	buf_release(&stage.said);
	buf_release(&stage.order);
	pthread_mutex_destroy(&stage.lock);
	interrupt_shield(true);
	free(((struct world *)*state)->engine.base.info.url);
	return world_tear_down(state);
}

static int run_all(int64_t at_once, struct error *err)
{
	return crew_run(stage.main_run, &stage.graph, step, at_once, err);
}

static void add_diamond(void)
{
	ADD("base");
	ADD("left", 0);
	ADD("right", 0);
	ADD("top", 1, 2);
}

static void test_one_at_a_time_is_the_order_of_the_graph(void **state)
{
	struct error err = { 0 };

	(void)state;
	add_diamond();
	assert_int_equal(run_all(1, &err), 0);
	assert_string_equal(stage.order.data, "base left right top ");
	assert_int_equal(stage.most_running, 1);
	assert_int_equal(stage.foreign, 4); /* the run itself, by this thread */
	assert_string_equal(stage.said.data, "notice: 4 images: 4 done; ");
}

static void test_both_sides_of_a_diamond_go_together(void **state)
{
	struct error err = { 0 };

	(void)state;
	stage.takes_us = 50000;
	add_diamond();
	assert_int_equal(run_all(8, &err), 0);
	assert_int_equal(stage.early, 0);
	assert_int_equal(stage.most_running, 2);
	assert_int_equal(stage.foreign, 0);
	assert_int_equal(stage.astray, 0);
	for (size_t i = 0; i < 4; i++)
		assert_ptr_equal(stage.graph.images[i].jobs.items[0].run, stage.main_run);
}

static void test_a_failure_stops_only_what_stands_on_it(void **state)
{
	struct error err = { 0 };

	(void)state;
	add_diamond();
	ADD("other");
	stage.fails[1] = true;
	assert_int_equal(run_all(4, &err), -1);
	assert_int_equal(err.kind, ERROR_TEST);
	assert_string_equal(err.message, "image 'left': no luck");
	assert_int_equal(stage.begun, 4);
	assert_string_equal(
		stage.said.data,
		"top left out: 'left' failed; "
		"notice: 5 images: 3 done, 1 failed (left), 1 left out because of it; ");
}

static void test_what_is_left_out_names_the_first_cause(void **state)
{
	struct error err = { 0 };

	(void)state;
	ADD("a");
	ADD("b", 0);
	ADD("c", 1);
	ADD("d", 2);
	stage.fails[0] = true;
	assert_int_equal(run_all(2, &err), -1);
	assert_string_equal(stage.said.data,
			    "b left out: 'a' failed; c left out: 'a' failed; d left out: 'a' "
			    "failed; notice: 4 images: 0 done, 1 failed (a), 3 left out because of "
			    "it; ");
}

static void test_the_error_is_that_of_the_first_by_order(void **state)
{
	struct error err = { 0 };

	(void)state;
	ADD("a");
	ADD("b");
	ADD("c");
	stage.fails[1] = stage.fails[2] = true;
	assert_int_equal(run_all(3, &err), -1);
	assert_string_equal(err.message, "image 'b': no luck");
	assert_string_equal(stage.said.data, "warning: image 'c': no luck; "
					     "notice: 3 images: 1 done, 2 failed (b, c); ");
}

static void test_one_image_fails_in_its_own_words(void **state)
{
	struct error err = { 0 };

	(void)state;
	ADD("a");
	stage.fails[0] = true;
	assert_int_equal(run_all(8, &err), -1);
	assert_string_equal(err.message, "no luck");
	assert_int_equal(stage.said.len, 0);
}

static void test_what_is_not_wanted_is_not_done(void **state)
{
	struct error err = { 0 };

	(void)state;
	ADD("a");
	ADD("b");
	ADD("c");
	stage.graph.images[1].is_wanted = false;
	assert_int_equal(run_all(1, &err), 0);
	assert_string_equal(stage.order.data, "a c ");
	assert_string_equal(stage.said.data, "notice: 2 images: 2 done; ");
}

static void test_a_dry_run_is_in_order_and_claims_nothing(void **state)
{
	struct error err = { 0 };

	(void)state;
	add_diamond();
	stage.main_run->options.is_dry_run = true;
	assert_int_equal(run_all(4, &err), 0);
	assert_string_equal(stage.order.data, "base left right top ");
	assert_int_equal(stage.said.len, 0);
}

static void test_300_images_in_6_levels(void **state)
{
	struct error err = { 0 };

	(void)state;
	stage.takes_us = 100;
	for (size_t i = 0; i < 300; i++) {
		size_t below = i < 50 ? 0 : i - 50;
		char name[16];

		snprintf(name, sizeof(name), "i%zu", i);
		if (i < 50)
			ADD(name);
		else
			ADD(name, i / 50 * 50 - 50, below);
	}
	assert_int_equal(run_all(8, &err), 0);
	assert_int_equal(stage.begun, 300);
	assert_int_equal(stage.early, 0);
	assert_in_range(stage.most_running, 2, 8);
	assert_string_equal(stage.said.data, "notice: 300 images: 300 done; ");
}

/* Does it run beside a parent, or a child? */
static void look_beside(size_t i)
{
	for (size_t at = 0; at < stage.graph.len; at++)
		for (size_t k = 0; k < stage.graph.images[at].parent_count; k++) {
			size_t parent = stage.graph.images[at].parents[k];

			if ((at == i && stage.is_running[parent]) ||
			    (parent == i && stage.is_running[at]))
				stage.beside++;
		}
}

static int ask_step(struct jobs *jobs, struct error *err)
{
	size_t i = index_of(jobs);
	bool asks;

	begin(i);
	pthread_mutex_lock(&stage.lock);
	look_beside(i);
	stage.is_running[i] = true;
	asks = stage.asks[i];
	stage.asks[i] = false;
	pthread_mutex_unlock(&stage.lock);
	usleep(stage.takes_us);
	pthread_mutex_lock(&stage.lock);
	stage.is_running[i] = false;
	pthread_mutex_unlock(&stage.lock);
	return end(i, err) ? -1 : asks;
}

static void test_parents_that_a_step_asks_for_come_before_it(void **state)
{
	struct error err = { 0 };

	(void)state;
	add_diamond();
	stage.graph.images[0].is_wanted = stage.graph.images[1].is_wanted = false;
	stage.asks[1] = stage.asks[2] = stage.asks[3] = true;
	assert_int_equal(crew_run(stage.main_run, &stage.graph, ask_step, 1, &err), 0);
	assert_string_equal(stage.order.data, "right base right top left left right top ");
}

static void test_no_step_runs_beside_that_of_a_parent(void **state)
{
	struct error err = { 0 };

	(void)state;
	ADD("base");
	stage.graph.images[0].is_wanted = false;
	for (size_t i = 1; i < 40; i++) {
		ADD("x", i / 8);
		stage.asks[i] = i % 3 == 0;
	}
	assert_int_equal(crew_run(stage.main_run, &stage.graph, ask_step, 8, &err), 0);
	assert_int_equal(stage.beside, 0);
	assert_in_range(stage.most_running, 2, 8);
	assert_string_equal(stage.said.data, "notice: 40 images: 40 done; ");
}

static void test_a_parent_that_fails_leaves_out_who_asked_for_it(void **state)
{
	struct error err = { 0 };

	(void)state;
	ADD("base");
	ADD("here", 0);
	ADD("gone", 0);
	stage.graph.images[0].is_wanted = false;
	stage.asks[2] = stage.fails[0] = true;
	assert_int_equal(crew_run(stage.main_run, &stage.graph, ask_step, 2, &err), -1);
	assert_string_equal(err.message, "image 'base': no luck");
	assert_string_equal(stage.said.data,
			    "gone left out: 'base' failed; notice: 3 images: 1 done, 1 failed "
			    "(base), 1 left out because of it; ");
}

static void test_the_lowest_rank_comes_before_the_order(void **state)
{
	struct error err = { 0 };

	(void)state;
	ADD("a");
	ADD("b");
	ADD("c");
	stage.graph.images[1].rank = 2;
	stage.graph.images[2].rank = 1;
	stage.fails[0] = stage.fails[1] = stage.fails[2] = true;
	assert_int_equal(run_all(3, &err), -1);
	assert_string_equal(err.message, "image 'c': no luck");
}

/* It waits for what never comes, but for Ctrl-C. */
static int wait_step(struct jobs *jobs, struct error *err)
{
	begin(index_of(jobs));
	for (int i = 0; i < 1000 && !interrupt_pending(); i++)
		usleep(10000);
	(void)end(index_of(jobs), err);
	return interrupt_check(err);
}

/* The last test: the signal stays counted. */
static void test_an_interrupt_ends_all_and_begins_nothing(void **state)
{
	struct error err = { 0 };

	(void)state;
	for (size_t i = 0; i < 4; i++)
		ADD("x");
	/* It is ignored in what runs in the background. */
	signal(SIGINT, SIG_DFL);
	assert_int_equal(interrupt_install(&err), 0);
	stage.interrupts_at = 2;
	assert_int_equal(crew_run(stage.main_run, &stage.graph, wait_step, 2, &err), -1);
	assert_int_equal(err.kind, ERROR_INTERRUPTED);
	assert_string_equal(err.message, "interrupted");
	assert_int_equal(stage.begun, 2);
	assert_string_equal(stage.said.data, "notice: 4 images: 0 done, 4 interrupted; ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_at_a_time_is_the_order_of_the_graph),
		TEST(test_both_sides_of_a_diamond_go_together),
		TEST(test_a_failure_stops_only_what_stands_on_it),
		TEST(test_what_is_left_out_names_the_first_cause),
		TEST(test_the_error_is_that_of_the_first_by_order),
		TEST(test_one_image_fails_in_its_own_words),
		TEST(test_what_is_not_wanted_is_not_done),
		TEST(test_a_dry_run_is_in_order_and_claims_nothing),
		TEST(test_300_images_in_6_levels),
		TEST(test_parents_that_a_step_asks_for_come_before_it),
		TEST(test_no_step_runs_beside_that_of_a_parent),
		TEST(test_a_parent_that_fails_leaves_out_who_asked_for_it),
		TEST(test_the_lowest_rank_comes_before_the_order),
		TEST(test_an_interrupt_ends_all_and_begins_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
