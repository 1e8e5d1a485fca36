/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdio.h>
#include <unistd.h>

#include "base/process.h"
#include "flow/build/build.h"

void world_git(const struct world *world, const char *const *words, char *ret_line)
{
	const char *argv[16] = {
		"git", "-C", world->folder, "-c", "user.name=T", "-c", "user.email=t@example.com"
	};
	AUTO(buf_release) struct buf out = BUF_INIT(65536);
	struct error err = { 0 };
	size_t count = 7;
	int code = -1;

	while (*words)
		argv[count++] = *words++;
	assert_int_equal(process_run(&(struct process_options){ .argv = argv }, &out, &code, &err),
			 0);
	assert_int_equal(code, 0);
	if (ret_line)
		snprintf(ret_line, 41, "%.40s", out.data);
}
static void write_dockerfile(const struct world *world)
{
	char path[96];
	FILE *file;

	snprintf(path, sizeof(path), "%s/Dockerfile", world->folder);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("FROM scratch\n", file);
	fclose(file);
}

int world_set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	struct error err = { 0 };

	snprintf(world->folder, sizeof(world->folder), "/tmp/git-image-test-flow-XXXXXX");
	snprintf(world->state, sizeof(world->state), "/tmp/git-image-test-state-XXXXXX");
	assert_non_null(mkdtemp(world->folder));
	assert_non_null(mkdtemp(world->state));
	setenv("HOME", world->state, 1);
	setenv("XDG_STATE_HOME", world->state, 1);
	WORLD_GIT(world, NULL, "init", "-q");
	write_dockerfile(world);
	WORLD_GIT(world, NULL, "add", "Dockerfile");
	for (size_t i = 0; i < 3; i++) {
		WORLD_GIT(world, NULL, "commit", "-q", "--allow-empty", "-m", "c");
		WORLD_GIT(world, world->sha[i], "rev-parse", "HEAD");
	}
	assert_int_equal(run_open(&(struct run_options){ .folder = world->folder,
							 .revision = world->sha[1] },
				  NULL, &world->run, &err),
			 0);
	fake_init(&world->engine);
	world->run.engine = &world->engine.base;
	assert_int_equal(run_begin(&world->run, &err), 0);
	world->settings = (struct settings){ .sha_length = 7,
					     .sha_env = strdup("SHA"),
					     .repository = strdup("r.example/app") };
	*state = world;
	return 0;
}

int world_tear_down(void **state)
{
	const char *const remove[] = { "rm", "-rf", NULL, NULL, NULL };
	AUTO(buf_release) struct buf out = BUF_INIT(64);
	struct world *world = *state;
	const char *argv[5];
	struct error err = { 0 };
	int code;

	world->run.engine = NULL;
	run_close(&world->run);
	memcpy(argv, remove, sizeof(argv));
	argv[2] = world->folder;
	argv[3] = world->state;
	assert_int_equal(process_run(&(struct process_options){ .argv = argv }, &out, &code, &err),
			 0);
	fake_release(&world->engine);
	free(world->settings.sha_env);
	free(world->settings.repository);
	free(world);
	return 0;
}

void world_open_job(struct world *world, struct run *run, struct job *job)
{
	struct error err = { 0 };

	assert_int_equal(
		job_init(job, run,
			 &(struct job_subject){ .name = "app", .settings = &world->settings },
			 &err),
		0);
	assert_int_equal(plan_job(job, &err), 0);
}

const char *world_tag(const struct world *world, size_t i)
{
	static char text[3][64];

	snprintf(text[i], sizeof(text[i]), "r.example/app:%.7s", world->sha[i]);
	return text[i];
}

void world_note(struct world *world, const char *sha, const struct record *record)
{
	struct record line = *record;
	struct record_list list = { &line, 1 };
	struct error err = { 0 };

	line.image = (char *)(uintptr_t) "app";
	assert_int_equal(record_add(world->run.repo, &world->run.seal, sha, &list, &err), 0);
}

struct engine_image *world_add_own(struct world *world, size_t i, const char *created)
{
	struct engine_image *image =
		fake_add(&world->engine, world_tag(world, i), world->sha[i], created);

	world_note(world, world->sha[i], &(struct record){ .kind = RECORD_BUILD, .id = image->id });
	return image;
}
