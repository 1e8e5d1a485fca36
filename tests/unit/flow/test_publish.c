/* SPDX-License-Identifier: MIT */
/* :<sha7>, request by request: what it may hold, and registries that let no tag
 * be changed. */
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
#include "flow/publish/forward.h"
#include "flow/publish/publish-tag.h"

#define CONFIG_OF(architecture, env)                                                               \
	"{\"os\":\"linux\",\"architecture\":\"" architecture "\",\"config\":{\"Env\":[\"" env      \
	"\"]},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}"
#define MANIFEST_OF(digest, size, more)                                                            \
	"{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_TYPE_OCI_MANIFEST                            \
	"\",\"config\":{\"mediaType\":\"application/"                                              \
	"vnd.oci.image.config.v1+json\",\"digest\":\"" digest "\",\"size\":" size                  \
	"},\"layers\":[]" more "}"

/* Of the same commit, another image. */
#define OTHER_ID     "sha256:8ae438d54621db935e4e4a8095b0374215d8401fa59383cf01b5ac1db29d128d"
#define OTHER	     MANIFEST_OF(OTHER_ID, "144", "")
#define OTHER_CONFIG CONFIG_OF("arm64", "SHA=" IMAGE_SHA)
#define OTHER_DIGEST "sha256:55c83dc82061d6ced02677c472c0cf2a4a4547f9b70ffc2095dbac796c2fa3fa"
/* The same image under another manifest, as with layers compressed anew. */
#define AGAIN	     MANIFEST_OF(CONFIG_DIGEST, "144", ",\"annotations\":{\"a\":\"b\"}")
#define AGAIN_DIGEST "sha256:a43cb0245d4a05ed0e2bbae02b7c668d6081f4ccb5318042120fda69239889a5"
/* Of a commit whose SHA begins alike. */
#define FOREIGN_SHA "1f2e3d4aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define FOREIGN_ID  "sha256:6b18ab4d2c6ca420f6569e5edf28c91dbe3a8c4276bfebb99255b132c4824c00"
#define FOREIGN	    MANIFEST_OF(FOREIGN_ID, "144", "")
#define NOBODYS_ID  "sha256:4da0ca43439848993425e18290a0750810207cca92818c889d352421f168f26c"
#define NOBODYS	    MANIFEST_OF(NOBODYS_ID, "109", "")
#define DIRTY_ID    "sha256:6a014046a249bac4a3139a52d3a7883f58b5c2888e7305f2fac638c3a7122759"
#define DIRTY	    MANIFEST_OF(DIRTY_ID, "150", "")

#define MANIFESTS "/v2/team/app/manifests/"
#define TAG	  "1f2e3d4"
#define READ(text)                                                                                 \
	{                                                                                          \
		"GET " MANIFESTS TAG " ", .status = 200, .headers = IS_MANIFEST, .body = (text)    \
	}
#define READ_CONFIG(id, text)                                                                      \
	{                                                                                          \
		"GET /v2/team/app/blobs/" id " ", .status = 200, .body = (text)                    \
	}
#define READ_OURS  READ(MANIFEST), READ_CONFIG(CONFIG_DIGEST, CONFIG)
#define READ_OTHER READ(OTHER), READ_CONFIG(OTHER_ID, OTHER_CONFIG)
#define IS_ABSENT                                                                                  \
	{                                                                                          \
		"GET " MANIFESTS TAG " ", .status = 404                                            \
	}
#define PUT_DIGEST                                                                                 \
	{                                                                                          \
		"PUT " MANIFESTS MANIFEST_DIGEST " ", .status = 201                                \
	}
#define PUT_TAG(answer)                                                                            \
	{                                                                                          \
		"PUT " MANIFESTS TAG " ", .status = (answer), .body = IMMUTABLE                    \
	}
#define ASK(answer, digest)                                                                        \
	{                                                                                          \
		"HEAD " MANIFESTS TAG " ", .status = (answer),                                     \
					   .headers = "Docker-Content-Digest: " digest "\r\n"      \
	}
#define IMMUTABLE "{\"errors\":[{\"code\":\"TAG_INVALID\",\"message\":\"the tag is fixed\"}]}"
#define MAY_NOT	  "app:1f2e3d4' in the registry holds sha256:55c83dc82061 and may not be changed: "

static const struct row {
	const char *name;
	struct peer_row rows[9];
	bool was_there;
	const char *digest; /* that is published; NULL: ours */
	const char *id;	    /* of the image; NULL: its config's digest */
	enum error_kind kind;
	const char *message;
} table[] = {
	{ .name = "nothing is there", .rows = { IS_ABSENT, PUT_DIGEST, PUT_TAG(201), READ_OURS } },
	{ .name = "the same is there: nothing is written",
	  .rows = { READ_OURS },
	  .was_there = true },
	{ .name = "the same in other bytes is there",
	  .rows = { READ(AGAIN), READ_CONFIG(CONFIG_DIGEST, CONFIG) },
	  .was_there = true,
	  .digest = AGAIN_DIGEST },
	{ .name = "the same, where an image's ID is its manifest's digest",
	  .rows = { READ(AGAIN), READ_CONFIG(CONFIG_DIGEST, CONFIG) },
	  .was_there = true,
	  .digest = AGAIN_DIGEST,
	  .id = MANIFEST_DIGEST },
	{ .name = "another build of the commit is replaced",
	  .rows = { READ_OTHER, PUT_DIGEST, PUT_TAG(201), READ_OURS } },
	{ .name = "another commit",
	  .rows = { READ(FOREIGN),
		    READ_CONFIG(FOREIGN_ID, CONFIG_OF("amd64", "SHA=" FOREIGN_SHA)) },
	  .kind = ERROR_CONFLICT,
	  .message = "holds commit " FOREIGN_SHA ", not " IMAGE_SHA },
	{ .name = "no commit",
	  .rows = { READ(NOBODYS), READ_CONFIG(NOBODYS_ID, CONFIG_OF("amd64", "PATH=/bin")) },
	  .kind = ERROR_CONFLICT,
	  .message = "holds an image without a commit" },
	{ .name = "the work tree",
	  .rows = { READ(DIRTY),
		    READ_CONFIG(DIRTY_ID, CONFIG_OF("amd64", "SHA=" IMAGE_SHA "-dirty")) },
	  .kind = ERROR_CONFLICT,
	  .message = "holds commit " IMAGE_SHA "-dirty, not " IMAGE_SHA },
	{ .name = "no answer is not absence",
	  .rows = { { "GET " MANIFESTS TAG " ", .status = 403 } },
	  .kind = ERROR_DENIED,
	  .message = "403" },
	{ .name = "a tag that is fixed: 400",
	  .rows = { READ_OTHER, PUT_DIGEST, PUT_TAG(400), ASK(200, OTHER_DIGEST) },
	  .kind = ERROR_CONFLICT,
	  .message = MAY_NOT },
	{ .name = "a tag that is fixed: 403",
	  .rows = { READ_OTHER, PUT_DIGEST, PUT_TAG(403), ASK(200, OTHER_DIGEST) },
	  .kind = ERROR_CONFLICT,
	  .message = MAY_NOT },
	{ .name = "a tag that is fixed: 409",
	  .rows = { READ_OTHER, PUT_DIGEST, PUT_TAG(409), ASK(200, OTHER_DIGEST) },
	  .kind = ERROR_CONFLICT,
	  .message = MAY_NOT },
	{ .name = "a tag that is fixed: 412",
	  .rows = { READ_OTHER, PUT_DIGEST, PUT_TAG(412), ASK(200, OTHER_DIGEST) },
	  .kind = ERROR_CONFLICT,
	  .message = "the registry answered 412: the tag is fixed" },
	{ .name = "somebody was quicker with the same",
	  .rows = { IS_ABSENT, PUT_DIGEST, PUT_TAG(409), ASK(200, MANIFEST_DIGEST), READ_OURS } },
	{ .name = "somebody was quicker with another build",
	  .rows = { IS_ABSENT, PUT_DIGEST, PUT_TAG(409), ASK(200, OTHER_DIGEST) },
	  .kind = ERROR_CONFLICT,
	  .message = MAY_NOT },
	{ .name = "refused, but not for what is there",
	  .rows = { IS_ABSENT,
		    PUT_DIGEST,
		    PUT_TAG(400),
		    { "HEAD " MANIFESTS TAG " ", .status = 404 } },
	  .kind = ERROR_PROTOCOL,
	  .message = "the registry answered 400" },
	{ .name = "another one is read back",
	  .rows = { IS_ABSENT, PUT_DIGEST, PUT_TAG(201), READ_OTHER },
	  .kind = ERROR_CONFLICT,
	  .message = "after the push" },
	{ .name = "nothing is read back",
	  .rows = { IS_ABSENT, PUT_DIGEST, PUT_TAG(201), IS_ABSENT },
	  .kind = ERROR_PROTOCOL,
	  .message = "is not in the registry after the push of it" },
};

/* One job without repository or engine: what is published is known. */
struct scene {
	struct run run;
	struct settings settings;
	struct job job;
	struct publication publication;
	char id[80], sha[48];
};

static void open_scene(struct scene *scene, const struct peer *peer, const char *id)
{
	struct publication *publication = &scene->publication;
	struct error err = { 0 };
	char name[64];

	*scene = (struct scene){ .publication = PUBLICATION_INIT };
	snprintf(scene->id, sizeof(scene->id), "%s", id ? id : CONFIG_DIGEST);
	snprintf(scene->sha, sizeof(scene->sha), IMAGE_SHA);
	scene->job = (struct job){ .run = &scene->run,
				   .settings = &scene->settings,
				   .sha = scene->sha,
				   .image.id = scene->id };
	publication->job = &scene->job;
	publication->tag = str_copy(TAG, &err);
	publication->name = str_copy("app:" TAG, &err);
	snprintf(name, sizeof(name), "%s/team/app", peer->host);
	assert_int_equal(reference_parse(name, &publication->reference, &err), 0);
	assert_int_equal(registry_open(&publication->reference, NULL, &publication->registry, &err),
			 0);
}

static void set_manifest(struct publication *publication)
{
	AUTO(buf_release) struct buf bytes = BUF_INIT(4096);
	struct error err = { 0 };

	buf_add_text(&bytes, MANIFEST);
	assert_int_equal(
		registry_manifest_of(&bytes, MEDIA_TYPE_OCI_MANIFEST, &publication->manifest, &err),
		0);
}

static int publish(struct publication *publication, struct error *err)
{
	if (publish_tag_look(publication, err))
		return -1;
	if (!publication->was_there) {
		set_manifest(publication);
		if (publish_tag_offer(publication, err))
			return -1;
	}
	return publish_tag_put(publication, err);
}

static void check_row(const struct row *row, const struct publication *publication, int status,
		      const struct error *err)
{
	if (status != (row->kind ? -1 : 0) || err->kind != row->kind)
		fail_msg("%s: %s", row->name, err->message);
	if (row->kind && !strstr(err->message, row->message))
		fail_msg("%s: '%s'", row->name, err->message);
	if (row->kind)
		return;
	if (publication->was_there != row->was_there)
		fail_msg("%s: was_there is %d", row->name, publication->was_there);
	assert_string_equal(publication->manifest.digest.text,
			    row->digest ? row->digest : MANIFEST_DIGEST);
}

static void test_each_thing_that_the_tag_may_hold(void **state)
{
	static struct peer peer;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct scene scene;
		struct error err = { 0 };
		int status;

		peer_listen(&peer, "127.0.0.1");
		peer_run(&peer, table[i].rows, NULL);
		open_scene(&scene, &peer, table[i].id);
		status = publish(&scene.publication, &err);
		peer_finish(&peer);
		check_row(&table[i], &scene.publication, status, &err);
		publication_release(&scene.publication);
	}
}

#define LATEST                                                                                     \
	{                                                                                          \
		.name = "latest", .reference = (char[]){ "app:latest" }                            \
	}

/* One that may move `latest`, which is the caller's. */
static void open_move(struct scene *scene, struct peer *peer, const struct peer_row *rows,
		      struct moving_tag *latest)
{
	peer_listen(peer, "127.0.0.1");
	peer_run(peer, rows, NULL);
	open_scene(scene, peer, NULL);
	set_manifest(&scene->publication);
	scene->publication.moving = latest;
	scene->publication.moving_len = 1;
}

static void close_move(struct scene *scene)
{
	scene->publication.moving = NULL;
	scene->publication.moving_len = 0;
	publication_release(&scene->publication);
}

static void test_a_latest_that_may_not_be_changed_is_a_conflict(void **state)
{
	static const struct peer_row rows[] = {
		{ "HEAD " MANIFESTS "latest ", .status = 200,
		  .headers = "Docker-Content-Digest: " OTHER_DIGEST "\r\n" },
		{ "HEAD " MANIFESTS "latest ", .status = 200,
		  .headers = "Docker-Content-Digest: " OTHER_DIGEST "\r\n" },
		{ "PUT " MANIFESTS "latest ", .status = 412, .body = IMMUTABLE },
		{ NULL },
	};
	struct moving_tag latest = LATEST;
	static struct peer peer;
	struct error err = { 0 };
	struct scene scene;

	(void)state;
	open_move(&scene, &peer, rows, &latest);
	scene.run.options.moves_latest = true;
	assert_int_equal(forward_move(&scene.publication, &err), -1);
	peer_finish(&peer);
	assert_int_equal(error_exit_code(err.kind), 9);
	assert_non_null(strstr(err.message, "'app:latest' in the registry holds sha256:55c83dc82061"
					    " and may not be changed: "));
	close_move(&scene);
}

static int no_wait(void *arg, struct error *err)
{
	(void)arg;
	(void)err;
	return 0;
}

#define HOLDS_OTHER                                                                                \
	{                                                                                          \
		"HEAD " MANIFESTS "latest ",                                                       \
			.status = 200, .headers = "Docker-Content-Digest: " OTHER_DIGEST "\r\n"    \
	}
#define PUT_LATEST                                                                                 \
	{                                                                                          \
		"PUT " MANIFESTS "latest ", .status = 201                                          \
	}

static void test_a_latest_that_is_set_again_and_again_is_no_success(void **state)
{
	static const struct peer_row rows[] = { HOLDS_OTHER, HOLDS_OTHER, PUT_LATEST,
						HOLDS_OTHER, PUT_LATEST,  HOLDS_OTHER,
						PUT_LATEST,  HOLDS_OTHER, { NULL } };
	struct moving_tag latest = LATEST;
	static struct peer peer;
	struct error err = { 0 };
	struct scene scene;

	(void)state;
	open_move(&scene, &peer, rows, &latest);
	scene.run.options.moves_latest = true;
	scene.publication.wait = no_wait;
	assert_int_equal(forward_move(&scene.publication, &err), 0);
	assert_int_equal(forward_confirm(&scene.publication, &err), -1);
	peer_finish(&peer);
	assert_int_equal(error_exit_code(err.kind), 9);
	assert_string_equal(err.message,
			    "'app:1f2e3d4' is published, 'app:latest' is not "
			    "confirmed: after each write it holds sha256:55c83dc82061");
	close_move(&scene);
}

static void test_a_read_back_that_makes_no_sense_confirms_nothing(void **state)
{
	static const struct peer_row rows[] = {
		{ "GET " MANIFESTS "latest ", .status = 404 },
		{ "HEAD " MANIFESTS "latest ", .status = 404 },
		{ "PUT " MANIFESTS "latest ", .status = 201 },
		{ "GET " MANIFESTS "latest ", .status = 200,
		  .headers = IS_MANIFEST "Docker-Content-Digest: " OTHER_DIGEST "\r\n",
		  .body = MANIFEST },
		{ NULL },
	};
	struct moving_tag latest = LATEST;
	static struct peer peer;
	struct error err = { 0 };
	struct scene scene;

	(void)state;
	open_move(&scene, &peer, rows, &latest);
	assert_int_equal(forward_move(&scene.publication, &err), -1);
	peer_finish(&peer);
	assert_int_equal(error_exit_code(err.kind), 10);
	assert_non_null(strstr(err.message, "'app:latest' is written, but not confirmed: "));
	close_move(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_thing_that_the_tag_may_hold),
		cmocka_unit_test(test_a_latest_that_may_not_be_changed_is_a_conflict),
		cmocka_unit_test(test_a_latest_that_is_set_again_and_again_is_no_success),
		cmocka_unit_test(test_a_read_back_that_makes_no_sense_confirms_nothing),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("flow/publish", tests, NULL, NULL);
}
