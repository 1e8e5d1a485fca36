/* SPDX-License-Identifier: MIT */
/* Blobs that travel in a thread of their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "../registry/documents.h"
#include "../registry/peer.h"
#include "base/interrupt.h"
#include "base/time.h"
#include "flow/job.h"
#include "flow/publish/ahead.h"

#define V2 "/v2/team/app/"

/* An engine without a push: it gives a manifest, and a configuration that the registry has. */
static atomic_int closed;

static int read_manifest(struct engine *engine, const char *reference, struct buf *ret_bytes,
			 char **ret_media_type, struct error *err)
{
	(void)engine;
	assert_string_equal(reference, CONFIG_DIGEST);
	buf_add_text(ret_bytes, MANIFEST);
	*ret_media_type = str_copy(MEDIA_TYPE_OCI_MANIFEST, err);
	return *ret_media_type ? 0 : -1;
}

static int open_blob(struct engine *engine, const char *digest, int *ret_fd, struct error *err)
{
	(void)engine;
	(void)digest;
	(void)ret_fd;
	return error_set(err, ERROR_SYSTEM, "it is gone");
}

static void close_engine(struct engine *engine)
{
	(void)engine;
	closed++;
}

static const struct engine_ops ops = { .read_manifest = read_manifest,
				       .open_blob = open_blob,
				       .close = close_engine };
static struct engine engine = { .ops = &ops };

/* Counts what arrives; the two threads never speak at once. */
struct listener {
	struct event_sink sink;
	atomic_int progress, others;
};

static void listen_to(struct event_sink *sink, const struct event *event)
{
	struct listener *listener = (struct listener *)sink;

	if (event->type == EVENT_PROGRESS)
		listener->progress++;
	else
		listener->others++;
}

struct stage {
	struct listener listener;
	struct settings settings;
	struct run run;
	struct job job;
	struct peer peer;
};

static void set_stage(struct stage *stage)
{
	struct error err = { 0 };

	memset(stage, 0, sizeof(*stage));
	peer_listen(&stage->peer, "127.0.0.1");
	closed = 0;
	stage->listener.sink.emit = listen_to;
	stage->run.sink = &stage->listener.sink;
	stage->run.engine = &engine;
	stage->job = (struct job)JOB_INIT;
	stage->job.run = &stage->run;
	stage->job.settings = &stage->settings;
	stage->job.has_mount_source = true; /* none */
	stage->job.name = str_copy("app", &err);
	stage->job.tag = str_copy("1f2e3d4", &err);
	stage->job.reference = str_format(&err, "%s/team/app:1f2e3d4", stage->peer.host);
	stage->job.image.id = str_copy(CONFIG_DIGEST, &err);
	assert_non_null(stage->job.reference);
}

static const struct row {
	const char *name;
	struct peer_row rows[4];
	int status;
	enum error_kind kind;
	const char *message;
} table[] = {
	{ "all are there",
	  .rows = { { "HEAD " V2 "manifests/1f2e3d4", .status = 404 },
		    { "HEAD " V2 "blobs/" CONFIG_DIGEST, .status = 200 } },
	  .status = 1 },
	{ "nothing is done for a tag that is there",
	  .rows = { { "HEAD " V2 "manifests/1f2e3d4", .status = 200,
		      .headers = IS_MANIFEST HAS_DIGEST } } },
	{ "the thread's error is the publication's",
	  .rows = { { "HEAD " V2 "manifests/1f2e3d4", .status = 404 },
		    { "HEAD " V2 "blobs/" CONFIG_DIGEST, .status = 404 },
		    { "POST " V2 "blobs/uploads/", .status = 202, .headers = "Location: /s\r\n" } },
	  .status = -1, .kind = ERROR_SYSTEM, .message = "blob " CONFIG_DIGEST ": it is gone" },
	{ "as is the registry's", .rows = { { "HEAD " V2 "manifests/1f2e3d4", .status = 403 } },
	  .status = -1, .kind = ERROR_DENIED, .message = "403" },
};

static void test_what_the_thread_did(void **state)
{
	static struct stage stage;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		AUTO(registry_manifest_release)
		struct registry_manifest manifest = REGISTRY_MANIFEST_INIT;
		const struct row *row = &table[i];
		struct registry *registry;
		struct error err = { 0 };
		struct ahead *ahead;
		int status;

		set_stage(&stage);
		peer_run(&stage.peer, row->rows, NULL);
		ahead = ahead_start_from(&stage.job, &engine);
		assert_non_null(ahead);
		assert_int_equal(ahead_await(ahead, &err), 0);
		assert_int_equal(ahead_await(ahead, &err), 0);
		status = ahead_take_manifest(ahead, &manifest, &err);
		registry = ahead_take_registry(ahead);
		ahead_free(ahead);
		peer_finish(&stage.peer);
		if (status != row->status || err.kind != row->kind)
			fail_msg("%s: %d, %s", row->name, status, err.message);
		if (row->message)
			assert_non_null(strstr(err.message, row->message));
		if (status > 0)
			assert_string_equal(manifest.digest.text, MANIFEST_DIGEST);
		assert_non_null(registry);
		assert_int_equal(closed, 1);
		registry_free(registry);
		job_release(&stage.job);
	}
}

/* The registry takes the connection and never answers. */
static void test_it_stops_at_once(void **state)
{
	static struct stage stage;
	int64_t begin;

	(void)state;
	for (int wait_ms = 0; wait_ms < 60; wait_ms += 20) {
		struct ahead *ahead;

		set_stage(&stage);
		ahead = ahead_start_from(&stage.job, &engine);
		assert_non_null(ahead);
		usleep((useconds_t)wait_ms * 1000);
		begin = time_monotonic_ms();
		ahead_free(ahead);
		assert_in_range(time_monotonic_ms() - begin, 0, 200);
		assert_int_equal(closed, 1);
		close(stage.peer.listener);
		job_release(&stage.job);
	}
}

/* Ctrl-C while the publication waits for it. */
static void test_the_wait_is_interrupted(void **state)
{
	static struct stage stage;
	struct interrupt interrupt;
	struct error err = { 0 };
	struct ahead *ahead;

	(void)state;
	set_stage(&stage);
	assert_int_equal(interrupt_init(&interrupt, &err), 0);
	ahead = ahead_start_from(&stage.job, &engine);
	interrupt_bind(&interrupt);
	interrupt_raise(&interrupt);
	assert_int_equal(ahead_await(ahead, &err), -1);
	assert_int_equal(err.kind, ERROR_INTERRUPTED);
	interrupt_bind(NULL);
	interrupt_release(&interrupt);
	ahead_free(ahead);
	close(stage.peer.listener);
	job_release(&stage.job);
}

static void test_where_nothing_goes_ahead(void **state)
{
	static struct stage stage;
	struct error err = { 0 };

	(void)state;
	set_stage(&stage);
	stage.job.repository = str_copy("app", &err);
	assert_null(ahead_start(&stage.job)); /* there is no registry */
	assert_int_equal(str_replace(&stage.job.repository, "r.example/app", &err), 0);
	stage.job.is_dirty = true;
	assert_null(ahead_start(&stage.job));
	stage.job.is_dirty = false;
	stage.run.options.is_dry_run = true;
	assert_null(ahead_start(&stage.job));
	ahead_free(NULL);
	close(stage.peer.listener);
	job_release(&stage.job);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_the_thread_did),
		cmocka_unit_test(test_it_stops_at_once),
		cmocka_unit_test(test_the_wait_is_interrupted),
		cmocka_unit_test(test_where_nothing_goes_ahead),
	};

	signal(SIGPIPE, SIG_IGN);
	setenv("HOME", "/nonexistent", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
