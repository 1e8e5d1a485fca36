/* SPDX-License-Identifier: MIT */
/* What the content key takes bases for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>

#include "../registry/peer.h"
#include "base/path.h"
#include "flow/key/key.h"
#include "world.h"

#define DIGEST "sha256:1111111111111111111111111111111111111111111111111111111111111111"

static void commit_dockerfile(const struct world *world, const char *host)
{
	AUTO(buf_release) struct buf path = BUF_INIT(200), text = BUF_INIT(200);
	struct error err = { 0 };

	buf_add_format(&path, "%s/Dockerfile", world->folder);
	buf_add_format(&text, "FROM %s/base:1\n", host);
	assert_int_equal(path_write(path.data, buf_slice(&text), 0644, &err), 0);
	WORLD_GIT(world, NULL, "commit", "-qam", "base");
}

static void find_key(struct run *run, const struct settings *settings, struct job_key *ret_key)
{
	AUTO(job_release) struct job job = JOB_INIT;
	struct error err = { 0 };

	assert_int_equal(job_init(&job, run, &(struct job_subject){ .settings = settings }, &err),
			 0);
	if (job_key_find(&job, ret_key, &err))
		fail_msg("%s", err.message);
}

/* The folder that the image goes to knows nothing of it. */
static void test_a_base_is_asked_of_its_own_registry(void **state)
{
	static const struct peer_row rows[] = {
		{ "HEAD /v2/base/manifests/1", .status = 200,
		  .headers = "Docker-Content-Digest: " DIGEST "\r\n" },
		{ NULL },
	};
	static struct peer peer;
	struct world *world = *state;
	char target[80], folder[] = ".";
	AUTO(job_key_release) struct job_key key = { 0 };
	struct settings settings = world->settings;
	struct run run;
	struct error err = { 0 };

	peer_listen(&peer, "127.0.0.1");
	peer_run(&peer, rows, NULL);
	commit_dockerfile(world, peer.host);
	assert_int_equal(
		run_open(&(struct run_options){ .folder = world->folder }, NULL, &run, &err), 0);
	run.engine = &world->engine.base;
	snprintf(target, sizeof(target), "oci:%s/images", world->state);
	settings.to = target;
	settings.context = folder;
	find_key(&run, &settings, &key);
	peer_finish(&peer);
	assert_non_null(key.text);
	assert_non_null(strstr(key.inputs.inputs[key.inputs.len - 1].value, DIGEST));
	run.engine = NULL;
	run_close(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_base_is_asked_of_its_own_registry,
						world_set_up, world_tear_down),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
