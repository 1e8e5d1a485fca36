/* SPDX-License-Identifier: MIT */
/* Who brings new layers to the registry: the engine's push, or we. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>

#include "../registry/peer.h"
#include "flow/publish/blobs.h"

#define DIGEST "sha256:dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"

static int push(struct engine *engine, const struct engine_push *options, char **ret_digest,
		struct error *err)
{
	(void)engine;
	(void)options;
	(void)ret_digest;
	(void)err;
	fail_msg("blobs are brought without a push");
	return -1;
}

/* Who brings the layers of which nothing is known. */
static const struct choice {
	const char *name;
	enum engine_kind kind;
	bool has_containerd_store;
	bool is_ahead;
	int publish;
	int64_t size, missing; /* in MB, -1: the engine cannot tell */
	enum error_kind kind_of_failure;
	bool is_direct;
	int status;
} choices[] = {
	{ "much of it is new", .size = 300, .missing = 290, .is_direct = true },
	{ "a quarter of it is new", .size = 100, .missing = 25, .is_direct = true },
	{ "less of it is new", .size = 100, .missing = 24 },
	{ "it is small", .size = 1, .missing = 1, .is_direct = true },
	{ "the engine cannot tell how much is new", .size = 300, .missing = -1 },
	{ "beside a trial less is enough", .is_ahead = true, .size = 300, .missing = 20,
	  .is_direct = true },
	{ "and of a small one a little", .is_ahead = true, .size = 30, .missing = 1,
	  .is_direct = true },
	{ "not of a larger one", .is_ahead = true, .size = 40, .missing = 1 },
	{ "but not nothing", .is_ahead = true, .size = 30, .missing = 0 },
	{ "the store has it compressed", .has_containerd_store = true, .size = 300,
	  .missing = 290 },
	{ "beside a trial it is only read", .has_containerd_store = true, .is_ahead = true,
	  .is_direct = true },
	{ "Podman", .kind = ENGINE_PODMAN, .size = 300, .missing = 290 },
	{ "Podman beside a trial", .kind = ENGINE_PODMAN, .is_ahead = true, .size = 300,
	  .missing = 290, .is_direct = true },
	{ "the user wants the engine", .publish = PUBLISH_ENGINE, .size = 300, .missing = 290 },
	{ "the user wants us", .publish = PUBLISH_DIRECT, .is_direct = true, .status = -1 },
	{ "a full disk of ours", .size = 300, .missing = 290, .kind_of_failure = ERROR_SYSTEM,
	  .is_direct = true },
	{ "a registry that refuses us", .size = 300, .missing = 290,
	  .kind_of_failure = ERROR_DENIED, .is_direct = true, .status = -1 },
};

static const struct choice *choice;
static bool has_exported;

static int measure_layers(struct engine *engine, const char *id, size_t count, int64_t *ret_bytes,
			  struct error *err)
{
	(void)engine;
	(void)id;
	assert_int_equal(count, 1);
	if (choice->missing < 0)
		return error_set(err, ERROR_NOT_FOUND, "the snapshot does not exist");
	*ret_bytes = choice->missing * 1000000;
	return 0;
}

static int export_image(struct engine *engine, const char *id, const struct engine_export *export,
			struct error *err)
{
	(void)engine;
	(void)id;
	(void)export;
	has_exported = true;
	return error_set(err, choice->kind_of_failure ? choice->kind_of_failure : ERROR_UNSUPPORTED,
			 "as the test wants it");
}

static void choose(const struct choice *wanted, const char *host)
{
	const struct engine_ops ops = { .push = push,
					.measure_layers = measure_layers,
					.export_image = export_image };
	struct engine engine = { .ops = &ops,
				 .info = { .kind = wanted->kind,
					   .has_containerd_store = wanted->has_containerd_store } };
	const struct settings settings = { .publish = wanted->publish };
	AUTO(registry_manifest_release)
	struct registry_manifest manifest = REGISTRY_MANIFEST_INIT;
	AUTO(reference_release) struct reference reference = { 0 };
	AUTO(registry_freep) struct registry *registry = NULL;
	AUTO(strv_release) struct strv layers = { 0 };
	struct error err = { 0 };
	char name[64];
	int status;

	choice = wanted;
	has_exported = false;
	snprintf(name, sizeof(name), "%s/team/app", host);
	assert_int_equal(reference_parse(name, &reference, &err), 0);
	assert_int_equal(registry_open(&reference, NULL, &registry, &err), 0);
	assert_int_equal(strv_add(&layers, DIGEST, &err), 0);
	status = blobs_bring(&(struct bringing){ .engine = &engine,
						 .registry = registry,
						 .reference = &reference,
						 .id = DIGEST,
						 .layers = &layers,
						 .size = wanted->size * 1000000,
						 .settings = &settings,
						 .is_ahead = wanted->is_ahead },
			     &manifest, &err);
	if (status != wanted->status || has_exported != wanted->is_direct)
		fail_msg("%s: %d, %s", wanted->name, status, err.message);
}

static void test_who_brings_what_is_new(void **unused)
{
	static const struct peer_row rows[] = {
		{ "GET /v2/team/app/manifests/latest", .status = 404 }, { NULL }
	};
	static struct peer peer;

	(void)unused;
	for (size_t i = 0; i < ARRAY_SIZE(choices); i++) {
		peer_listen(&peer, "127.0.0.1");
		peer_run(&peer, rows, NULL);
		choose(&choices[i], peer.host);
		peer_finish(&peer);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_brings_what_is_new),
	};

	signal(SIGPIPE, SIG_IGN);
	setenv("HOME", "/nonexistent", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
