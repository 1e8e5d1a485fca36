/* SPDX-License-Identifier: MIT */
/* Layers that another repository of the registry has: they are mounted from there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>

#include "../registry/peer.h"
#include "base/path.h"
#include "codec/digest.h"
#include "flow/publish/blobs.h"
#include "flow/publish/known.h"
#include "flow/publish/mount-source.h"
#include "world.h"

#define HEX(digit)    digit digit digit digit digit digit digit digit
#define DIGEST(digit) "sha256:" HEX(HEX(digit))
#define DIFF_ID	      DIGEST("d")
#define LAYER	      DIGEST("a")
#define CONFIG                                                                                     \
	"{\"os\":\"linux\",\"architecture\":\"amd64\",\"rootfs\":{\"type\":\"layers\","            \
	"\"diff_ids\":[\"" DIFF_ID "\"]}}"
#define IS_MANIFEST "Content-Type: " MEDIA_TYPE_OCI_MANIFEST "\r\n"

/* Two images of a commit whose Dockerfile names one of them. */
struct family {
	struct world *world;
	struct settings settings[2];
	struct job parent, child;
};

static void read_dockerfile(struct world *world, const char *from)
{
	AUTOFREE char *path = NULL, *text = NULL;
	struct error err = { 0 };

	path = str_format(&err, "%s/Dockerfile", world->folder);
	text = str_format(&err, "FROM %s\nCOPY . /\n", from);
	assert_int_equal(path_write(path, slice_of(text), 0600, &err), 0);
	WORLD_GIT(world, NULL, "commit", "-q", "-a", "--allow-empty", "-m", from);
	commit_release(&world->run.commit);
	assert_int_equal(commit_resolve(world->run.repo, "HEAD", &world->run.commit, &err), 0);
}

static void open_job(struct family *family, size_t i, const char *repository, struct job *job)
{
	static char folder[] = ".";
	struct settings *settings = &family->settings[i];
	struct error err = { 0 };

	*settings = family->world->settings;
	settings->context = folder;
	settings->publish = PUBLISH_DIRECT;
	settings->repository = str_copy(repository, &err);
	*job = (struct job)JOB_INIT;
	assert_int_equal(
		job_init(job, &family->world->run,
			 &(struct job_subject){ .name = i ? "app" : "base", .settings = settings },
			 &err),
		0);
}

static void open_family(struct family *family, const char *from, const char *parent,
			const char *child)
{
	read_dockerfile(family->world, from);
	open_job(family, 0, parent, &family->parent);
	open_job(family, 1, child, &family->child);
	family->child.parents = calloc(1, sizeof(struct job_parent));
	family->child.parents[0].base = strdup("base");
	family->child.parents[0].job = &family->parent;
	family->child.parent_count = 1;
}

static void close_family(struct family *family)
{
	job_release(&family->child);
	job_release(&family->parent);
	for (size_t i = 0; i < 2; i++)
		free(family->settings[i].repository);
}

/* `repository` NULL: there is nothing to mount from. */
static const struct row {
	const char *from, *parent, *child, *repository;
} table[] = {
	{ "base", "r.example/team/base", "r.example/team/app", "team/base" },
	{ "base AS one\nFROM one", "r.example/team/base", "r.example/team/app", "team/base" },
	{ "base", "other.example/team/base", "r.example/team/app", NULL },
	{ "base", "r.example/team/app", "r.example/team/app", NULL },
	{ "alpine", "r.example/team/base", "r.example/team/app", NULL },
	{ "alpine", "r.example/team/base", "docker.io/team/app", "library/alpine" },
	{ "r.example/team/other:1", "r.example/team/base", "r.example/team/app", "team/other" },
};

static void test_a_parent_is_mounted_from_its_own_repository(void **state)
{
	struct family family = { .world = *state };

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		const struct row *row = &table[i];
		const struct reference *source;

		open_family(&family, row->from, row->parent, row->child);
		source = mount_source_of_job(&family.child);
		if (!str_equal(source ? source->repository : NULL, row->repository) ||
		    (str_equal(row->repository, "team/base") &&
		     !str_equal(source->tag, family.parent.tag)))
			fail_msg("FROM %s: %s:%s", row->from, source ? source->repository : "none",
				 source ? source->tag : "");
		close_family(&family);
	}
}

static int push(struct engine *engine, const struct engine_push *options, char **ret_digest,
		struct error *err)
{
	(void)engine;
	(void)options;
	(void)ret_digest;
	(void)err;
	fail_msg("the engine pushes nothing");
	return -1;
}

/* Of an image's layers none is wanted. */
static int export_image(struct engine *engine, const char *id, const struct engine_export *export,
			struct error *err)
{
	(void)engine;
	(void)id;
	return export->config(export->arg, SLICE(CONFIG), err);
}

static void bring(struct family *family, struct registry_manifest *manifest)
{
	const struct engine_ops ops = { .push = push, .export_image = export_image };
	struct engine engine = { .ops = &ops }, *before = family->world->run.engine;
	AUTO(reference_release) struct reference reference = { 0 };
	AUTO(registry_freep) struct registry *registry = NULL;
	struct bringing bringing;
	struct error err = { 0 };

	assert_int_equal(reference_parse(family->child.reference, &reference, &err), 0);
	assert_int_equal(registry_open(&reference, NULL, &registry, &err), 0);
	family->world->run.engine = &engine;
	bringing = bringing_of(&family->child, registry, &reference);
	if (blobs_bring(&bringing, manifest, &err) != 1)
		fail_msg("%s", err.message);
	family->world->run.engine = before;
}

struct mounting {
	struct family family;
	struct peer peer;
	struct digest_text id;
	struct reference base;
	/* Of the peer's rows. */
	char by_tag[80], config[160], mine[160];
	/* Of an image with the one layer. */
	char manifest[800];
};

static void prepare(struct mounting *mounting, struct world *world)
{
	struct family *family = &mounting->family;
	char repositories[2][64];
	struct error err = { 0 };
	const char *id = mounting->id.text;

	*family = (struct family){ .world = world };
	peer_listen(&mounting->peer, "127.0.0.1");
	for (int i = 0; i < 2; i++)
		snprintf(repositories[i], sizeof(repositories[i]), "%s/team/%s",
			 mounting->peer.host, i ? "app" : "base");
	open_family(family, "base", repositories[0], repositories[1]);
	assert_int_equal(reference_parse(family->parent.reference, &mounting->base, &err), 0);
	assert_int_equal(digest_of(SLICE(CONFIG), &mounting->id, &err), 0);
	assert_int_equal(str_replace(&family->child.image.id, id, &err), 0);
	assert_int_equal(strv_add(&family->child.image.layers, DIFF_ID, &err), 0);
	snprintf(mounting->by_tag, sizeof(mounting->by_tag),
		 "GET /v2/team/base/manifests/%s HTTP", family->parent.tag);
	snprintf(mounting->config, sizeof(mounting->config), "GET /v2/team/base/blobs/%s", id);
	snprintf(mounting->mine, sizeof(mounting->mine), "HEAD /v2/team/app/blobs/%s", id);
	snprintf(mounting->manifest, sizeof(mounting->manifest),
		 "{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_TYPE_OCI_MANIFEST
		 "\",\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\","
		 "\"digest\":\"%s\",\"size\":%zu},\"layers\":[{\"mediaType\":\"application/"
		 "vnd.oci.image.layer.v1.tar+gzip\",\"digest\":\"" LAYER "\",\"size\":99}]}",
		 id, strlen(CONFIG));
}

/* The peer sees nothing but these requests, and the layer is in the manifest. */
static void check_mounted(struct mounting *mounting, const struct peer_row *rows)
{
	AUTO(registry_manifest_release)
	struct registry_manifest manifest = REGISTRY_MANIFEST_INIT;

	peer_run(&mounting->peer, rows, NULL);
	bring(&mounting->family, &manifest);
	peer_finish(&mounting->peer);
	assert_non_null(strstr(manifest.bytes.data, LAYER));
	reference_release(&mounting->base);
	close_family(&mounting->family);
}

#define MOUNT "POST /v2/team/app/blobs/uploads/?mount=" LAYER "&from=team/base HTTP"

/* What the parent's commit has not published, an earlier one's :latest may have. */
static void test_no_layer_of_a_parent_is_sent(void **state)
{
	static struct mounting mounting;
	const struct peer_row rows[] = {
		{ "GET /v2/team/app/manifests/latest", .status = 404 },
		{ mounting.by_tag, .status = 404 },
		{ "GET /v2/team/base/manifests/latest", .status = 200, .headers = IS_MANIFEST,
		  .body = mounting.manifest },
		{ mounting.config, .status = 200, .body = CONFIG },
		{ "HEAD /v2/team/app/blobs/" LAYER, .status = 404 },
		{ MOUNT, .status = 201 },
		{ mounting.mine, .status = 200 },
		{ NULL },
	};

	prepare(&mounting, *state);
	check_mounted(&mounting, rows);
}

/* In a release manifests come when all blobs are there: of a new parent there is none. */
static void test_a_layer_that_the_parent_just_brought_is_mounted(void **state)
{
	static struct mounting mounting;
	struct strv layers = { .items = (char *[]){ (char[]){ DIFF_ID } }, .len = 1 };
	AUTO(registry_manifest_release)
	struct registry_manifest brought = REGISTRY_MANIFEST_INIT;
	AUTO(buf_release) struct buf bytes = BUF_INIT(sizeof(mounting.manifest));
	struct error err = { 0 };
	const struct peer_row rows[] = {
		{ "GET /v2/team/app/manifests/latest", .status = 404 },
		{ mounting.by_tag, .status = 404 },
		{ "GET /v2/team/base/manifests/latest", .status = 404 },
		{ "HEAD /v2/team/app/blobs/" LAYER, .status = 404 },
		{ MOUNT, .status = 201 },
		{ mounting.mine, .status = 200 },
		{ NULL },
	};

	prepare(&mounting, *state);
	buf_add_text(&bytes, mounting.manifest);
	assert_int_equal(registry_manifest_of(&bytes, MEDIA_TYPE_OCI_MANIFEST, &brought, &err), 0);
	known_layers_keep(mounting.family.world->run.state_folder, &mounting.base, &layers,
			  &brought);
	check_mounted(&mounting, rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_parent_is_mounted_from_its_own_repository,
						world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(test_no_layer_of_a_parent_is_sent, world_set_up,
						world_tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_layer_that_the_parent_just_brought_is_mounted, world_set_up,
			world_tear_down),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
