/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/limits.h"
#include "documents.h"
#include "net/retry.h"
#include "registry/client.h"
#include "scene.h"

#define BASE	   "/v2/team/app/"
#define HEAD_T	   "HEAD " BASE "manifests/t HTTP"
#define GET_T	   "GET " BASE "manifests/t HTTP"
#define PUT_T	   "PUT " BASE "manifests/t HTTP"
#define GET_CONFIG "GET " BASE "blobs/" CONFIG_DIGEST " HTTP"
#define GET_CHILD  "GET " BASE "manifests/" MANIFEST_DIGEST " HTTP"
#define OTHER_HASH "sha256:0000000000000000000000000000000000000000000000000000000000000000"
#define ALL_ACCEPTS                                                                                \
	"Accept: " MEDIA_TYPE_OCI_MANIFEST ", " MEDIA_TYPE_OCI_INDEX                               \
	", " MEDIA_TYPE_DOCKER_MANIFEST ", " MEDIA_TYPE_DOCKER_LIST "\r\n"
#define IS_PAGE "Content-Type: text/html\r\n"
#define GET_V2	"GET /v2/ HTTP"
#define THERE                                                                                      \
	{                                                                                          \
		GET_T, .status = 200, .headers = IS_MANIFEST HAS_DIGEST, .body = MANIFEST          \
	}

static const struct scene existence[] = {
	{ "it is there", "e",
	  .rows = { { HEAD_T, ALL_ACCEPTS, "Authorization", 200, HAS_DIGEST, "x" } },
	  .answer = REGISTRY_YES },
	{ "it is not there", "e", .rows = { { HEAD_T, .status = 404 } }, .answer = REGISTRY_NO },
	{ "a 404 of who knows what, which is a registry", "e",
	  .rows = { { HEAD_T, .status = 404, .headers = IS_PAGE }, { GET_V2, .status = 200 } },
	  .answer = REGISTRY_NO },
	{ "a 404 of no registry", "e",
	  .rows = { { HEAD_T, .status = 404, .headers = IS_PAGE },
		    { GET_V2, .status = 404, .headers = IS_PAGE } },
	  .answer = REGISTRY_UNKNOWN, .kind = ERROR_UNREACHABLE,
	  .message = "is no registry: to /v2/ it answers 404" },
	{ "the registry does not say which", "e", .rows = { { HEAD_T, .status = 200 }, THERE },
	  .answer = REGISTRY_YES },
	{ "the registry does not know HEAD", "e", .rows = { { HEAD_T, .status = 405 }, THERE },
	  .answer = REGISTRY_YES },
	{ "neither HEAD nor there", "e",
	  .rows = { { HEAD_T, .status = 501 }, { GET_T, .status = 404 } }, .answer = REGISTRY_NO },
	{ "nothing is said, then it is there", "e", .stall_ms = 100,
	  .rows = { { HEAD_T, .is_silent = true },
		    { HEAD_T, .status = 200, .headers = HAS_DIGEST } },
	  .waits = 1, .answer = REGISTRY_YES },
	{ "nothing is ever said", "e", .stall_ms = 100,
	  .rows = { { HEAD_T, .is_silent = true },
		    { HEAD_T, .is_silent = true },
		    { HEAD_T, .is_silent = true },
		    { HEAD_T, .is_silent = true },
		    { HEAD_T, .is_silent = true } },
	  .waits = 4, .answer = REGISTRY_UNKNOWN, .kind = ERROR_UNREACHABLE,
	  .message = "/team/app:t': nothing came for 100 ms" },
	{ "a digest of a kind unknown to us", "e",
	  .rows = { { HEAD_T, .status = 200, .headers = "Docker-Content-Digest: sha512:00\r\n" },
		    THERE },
	  .answer = REGISTRY_YES },
	{ "a digest that is none", "e",
	  .rows = { { HEAD_T, .status = 200, .headers = "Docker-Content-Digest: ../../x\r\n" } },
	  .answer = REGISTRY_UNKNOWN, .kind = ERROR_PROTOCOL,
	  .message = "/team/app:t': Docker-Content-Digest: '../../x' is no digest" },
	{ "another digest than the one asked for", "e", .tag = OTHER_HASH,
	  .rows = { { "HEAD " BASE "manifests/" OTHER_HASH, .status = 200,
		      .headers = HAS_DIGEST } },
	  .answer = REGISTRY_UNKNOWN, .kind = ERROR_PROTOCOL,
	  .message = "/team/app@" OTHER_HASH "': the registry sent " MANIFEST_DIGEST " instead" },
	{ "denied is not absent", "e", .rows = { { HEAD_T, .status = 403 } },
	  .answer = REGISTRY_UNKNOWN, .kind = ERROR_DENIED,
	  .message = "/team/app:t': the registry answered 403" },
	{ "broken is not absent", "e",
	  .rows = { { HEAD_T, .status = 503 },
		    { HEAD_T, .status = 500 },
		    { HEAD_T, .status = 502 },
		    { HEAD_T, .status = 504 },
		    { HEAD_T, .status = 503 } },
	  .answer = REGISTRY_UNKNOWN, .kind = ERROR_UNREACHABLE,
	  .message = "/team/app:t': the registry answered 503 in every attempt", .waits = 4 },
	{ "once broken, then there", "e",
	  .rows = { { HEAD_T, .status = 503 },
		    { HEAD_T, .status = 200, .missing = -1 },
		    { HEAD_T, .status = 429, .headers = "Retry-After: 1\r\n" },
		    { HEAD_T, .status = 200, .headers = HAS_DIGEST } },
	  .answer = REGISTRY_YES, .waits = 3 },
	{ "an answer that makes no sense", "e", .rows = { { HEAD_T, .status = 418 } },
	  .answer = REGISTRY_UNKNOWN, .kind = ERROR_PROTOCOL,
	  .message = "the registry answered 418" },
	{ "what is no tag is not sent", "e", .tag = "../../../x", .answer = REGISTRY_UNKNOWN,
	  .kind = ERROR_INPUT, .message = "'../../../x' is neither tag nor digest" },
};

static const struct scene manifests[] = {
	{ "as it should be", "m", .rows = { THERE }, .answer = REGISTRY_YES },
	{ "without any header", "m", .rows = { { GET_T, ALL_ACCEPTS, NULL, 200, NULL, MANIFEST } },
	  .answer = REGISTRY_YES },
	{ "by digest", "m", .tag = MANIFEST_DIGEST,
	  .rows = { { GET_CHILD, .status = 200, .body = MANIFEST } }, .answer = REGISTRY_YES },
	{ "absent", "m", .rows = { { GET_T, .status = 404, .body = "nothing" } } },
	{ "a 404 of no registry", "m",
	  .rows = { { GET_T, .status = 404, .headers = IS_PAGE },
		    { GET_V2, .status = 502 },
		    { GET_V2, .status = 502 },
		    { GET_V2, .status = 502 },
		    { GET_V2, .status = 502 },
		    { GET_V2, .status = 502 } },
	  .answer = REGISTRY_UNKNOWN, .kind = ERROR_UNREACHABLE,
	  .message = "is no registry: to /v2/ it answers 502", .waits = 4 },
	{ "a 404 of where it was sent to", "m",
	  .rows = { { GET_T, .status = 307, .headers = "Location: {other}/x\r\n" } },
	  .other = { { "GET /x", .status = 404 } }, .answer = REGISTRY_UNKNOWN,
	  .kind = ERROR_NOT_FOUND, .message = "/team/app:t': the registry answered 404" },
	{ "cut off, then whole", "m",
	  .rows = { { GET_T, .status = 200, .body = MANIFEST, .missing = 3 }, THERE },
	  .answer = REGISTRY_YES, .waits = 1 },
	{ "another body than its header says", "m",
	  .rows = { { GET_T, .status = 200, .headers = HAS_DIGEST, .body = MANIFEST " " } },
	  .answer = REGISTRY_UNKNOWN, .kind = ERROR_PROTOCOL,
	  .message = ", its header says " MANIFEST_DIGEST },
	{ "another body than was asked for", "m", .tag = OTHER_HASH,
	  .rows = { { "GET " BASE "manifests/" OTHER_HASH, .status = 200, .body = MANIFEST } },
	  .answer = REGISTRY_UNKNOWN, .kind = ERROR_PROTOCOL,
	  .message = "the registry sent " MANIFEST_DIGEST " instead" },
	{ "another type than it says", "m",
	  .rows = { { GET_T, .status = 200, .headers = IS_INDEX, .body = MANIFEST } },
	  .answer = REGISTRY_UNKNOWN, .kind = ERROR_PROTOCOL,
	  .message = "but it came as '" MEDIA_TYPE_OCI_INDEX "'" },
	{ "a page of a portal", "m", .rows = { { GET_T, .status = 200, .body = "<html>" } },
	  .answer = REGISTRY_UNKNOWN, .kind = ERROR_PROTOCOL },
	{ "what the registry says is quoted without control characters", "m",
	  .rows = { { GET_T, .status = 403,
		      .body = "{\"errors\":[{\"code\":\"DENIED\","
			      "\"message\":\"you \\u001b[31mmust not\"}]}" } },
	  .answer = REGISTRY_UNKNOWN, .kind = ERROR_DENIED,
	  .message = "the registry answered 403: you ?[31mmust not" },
};

static const struct scene images[] = {
	{ "an image", "i", .rows = { THERE, { GET_CONFIG, .status = 200, .body = CONFIG } },
	  .answer = REGISTRY_YES },
	{ "what a tag names is asked again, the config it has is not", "ii",
	  .rows = { THERE, { GET_CONFIG, .status = 200, .body = CONFIG }, THERE },
	  .answer = REGISTRY_YES },
	{ "an index", "i",
	  .rows = { { GET_T, .status = 200, .headers = IS_INDEX, .body = INDEX },
		    { GET_CHILD, .status = 200, .headers = IS_MANIFEST, .body = MANIFEST },
		    { GET_CONFIG, .status = 200, .body = CONFIG } },
	  .answer = REGISTRY_YES },
	{ "an index whose image is gone", "i",
	  .rows = { { GET_T, .status = 200, .headers = IS_INDEX, .body = INDEX },
		    { GET_CHILD, .status = 404 } },
	  .answer = REGISTRY_UNKNOWN, .kind = ERROR_PROTOCOL,
	  .message = "the registry lacks the manifest " MANIFEST_DIGEST " of its own image" },
	{ "no image, says a registry", "i",
	  .rows = { { GET_T, .status = 404, .headers = IS_PAGE }, { GET_V2, .status = 200 } },
	  .answer = REGISTRY_NO },
	{ "no image, says who is no registry", "i",
	  .rows = { { GET_T, .status = 404, .headers = IS_PAGE },
		    { GET_V2, .status = 404, .headers = IS_PAGE } },
	  .answer = REGISTRY_UNKNOWN, .kind = ERROR_UNREACHABLE,
	  .message = "/team/app:t': what answers 404 there is no registry" },
	{ "an index of nothing", "i",
	  .rows = { { GET_T, .status = 200, .body = "{\"schemaVersion\":2,\"manifests\":[]}" } },
	  .answer = REGISTRY_UNKNOWN, .kind = ERROR_NOT_FOUND,
	  .message = "it has no image that names its platform" },
	{ "a config that is gone", "i", .rows = { THERE, { GET_CONFIG, .status = 404 } },
	  .answer = REGISTRY_UNKNOWN, .kind = ERROR_PROTOCOL,
	  .message = "the registry lacks the config " CONFIG_DIGEST " of its own image" },
	{ "another config", "i",
	  .rows = { THERE, { GET_CONFIG, .status = 200, .body = CONFIG " " } },
	  .answer = REGISTRY_UNKNOWN, .kind = ERROR_PROTOCOL,
	  .message = " instead of " CONFIG_DIGEST },
};

static const struct scene pushes[] = {
	{ "a new tag", "p",
	  .rows = { { PUT_T, .has = "\r\n\r\n" MANIFEST, .status = 201, .headers = HAS_DIGEST } },
	  .answer = REGISTRY_YES },
	{ "its type goes along", "p",
	  .rows = { { PUT_T, IS_MANIFEST, "Accept: " MEDIA_TYPE_OCI_MANIFEST, 201, NULL, NULL } },
	  .answer = REGISTRY_YES },
	{ "by digest", "p", .tag = MANIFEST_DIGEST,
	  .rows = { { "PUT " BASE "manifests/" MANIFEST_DIGEST " HTTP", .has = "\r\n\r\n" MANIFEST,
		      .status = 201, .headers = HAS_DIGEST } },
	  .answer = REGISTRY_YES },
	{ "by another digest than its own", "p", .tag = OTHER_HASH, .answer = REGISTRY_UNKNOWN,
	  .kind = ERROR_INPUT, .message = "the bytes are " MANIFEST_DIGEST },
	{ "an index by tag", "x", .rows = { { PUT_T, .has = IS_INDEX, .status = 201 } },
	  .answer = REGISTRY_YES },
	{ "an index by digest", "x", .tag = INDEX_DIGEST,
	  .rows = { { "PUT " BASE "manifests/" INDEX_DIGEST " HTTP", .has = "\r\n\r\n" INDEX,
		      .status = 201 } },
	  .answer = REGISTRY_YES },
	{ "tried again", "p", .rows = { { PUT_T, .status = 500 }, { PUT_T, .status = 201 } },
	  .answer = REGISTRY_YES, .waits = 1 },
	{ "the registry holds something else", "p",
	  .rows = { { PUT_T, .status = 201,
		      .headers = "Docker-Content-Digest: " OTHER_HASH "\r\n" } },
	  .answer = REGISTRY_UNKNOWN, .kind = ERROR_PROTOCOL,
	  .message = "the body is " MANIFEST_DIGEST ", its header says " OTHER_HASH },
	{ "denied", "p", .rows = { { PUT_T, .status = 403 } }, .answer = REGISTRY_UNKNOWN,
	  .kind = ERROR_DENIED },
	{ "a layer is missing", "p",
	  .rows = { { PUT_T, .status = 400,
		      .body = "{\"errors\":[{\"code\":\"MANIFEST_BLOB_UNKNOWN\"}]}" } },
	  .answer = REGISTRY_UNKNOWN, .kind = ERROR_PROTOCOL,
	  .message = "/team/app:t': the registry answered 400: MANIFEST_BLOB_UNKNOWN" },
	{ "a write is never redirected", "p",
	  .rows = { { PUT_T, .status = 307, .headers = "Location: {other}/x\r\n" } },
	  .answer = REGISTRY_UNKNOWN, .kind = ERROR_PROTOCOL,
	  .message = "the registry answered 307" },
};

static void play(const struct scene *scenes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		scene_play(&scenes[i]);
}

static void test_existence(void **state)
{
	(void)state;
	play(existence, ARRAY_SIZE(existence));
}

static void test_manifests(void **state)
{
	(void)state;
	play(manifests, ARRAY_SIZE(manifests));
}

static void test_images(void **state)
{
	(void)state;
	play(images, ARRAY_SIZE(images));
}

static void test_pushes(void **state)
{
	(void)state;
	play(pushes, ARRAY_SIZE(pushes));
}

static void test_nobody_listens(void **state)
{
	AUTO(reference_release) struct reference reference = { 0 };
	AUTO(registry_freep) struct registry *registry = NULL;
	const struct retry once = { .attempts = 1 };
	struct registry_digest digest;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(reference_parse("127.0.0.1:1/app", &reference, &err), 0);
	assert_int_equal(registry_open(&reference, NULL, &registry, &err), 0);
	registry_set_retry(registry, &once);
	assert_int_equal(registry_exists(registry, "t", &digest, &err), REGISTRY_UNKNOWN);
	assert_int_equal(err.kind, ERROR_UNREACHABLE);
	assert_non_null(strstr(err.message, "'127.0.0.1:1/app:t': "));
}

static void test_whose_certificate_is_missing(void **state)
{
	AUTO(reference_release) struct reference reference = { 0 };
	AUTO(registry_freep) struct registry *registry = NULL;
	AUTO(url_release) struct url storage = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(reference_parse("r.example:5000/app", &reference, &err), 0);
	assert_int_equal(registry_open(&reference, NULL, &registry, &err), 0);
	assert_int_equal(url_parse("https://storage.example/", &storage, &err), 0);
	error_set(&err, ERROR_DENIED, "self-signed certificate");
	assert_int_equal(registry_explain(registry, &storage, &err), -1);
	assert_string_equal(err.hint, "");
	assert_int_equal(registry_explain(registry, &registry->origin, &err), -1);
	assert_string_equal(err.hint, "put the certificate of its CA, ca.crt, into "
				      "/etc/docker/certs.d/r.example:5000 or "
				      "~/.config/docker/certs.d/r.example:5000");
	error_clear(&err);
	error_set(&err, ERROR_DENIED, "tlsv13 alert certificate required");
	assert_int_equal(registry_explain(registry, &registry->origin, &err), -1);
	assert_string_equal(err.hint, "put your certificate and key, NAME.cert and NAME.key, into "
				      "/etc/docker/certs.d/r.example:5000 or "
				      "~/.config/docker/certs.d/r.example:5000");
	/* Who is given one and does not take it, or hangs up on it. */
	registry->certificates.client_certificate = str_copy("/certs.d/a.cert", &err);
	error_clear(&err);
	error_set(&err, ERROR_UNREACHABLE, "reset" HTTP_ASKED_FOR_OURS);
	assert_int_equal(registry_explain(registry, &registry->origin, &err), -1);
	assert_int_equal(err.kind, ERROR_DENIED);
	assert_string_equal(err.hint, "'/certs.d/a.cert' is not what it wants");
	registry->certificates.has_others = true;
	error_clear(&err);
	error_set(&err, ERROR_DENIED, "tlsv1 alert unknown ca");
	assert_int_equal(registry_explain(registry, &registry->origin, &err), -1);
	assert_string_equal(err.hint, "'/certs.d/a.cert' is not what it wants; of several there "
				      "the first by name is shown");
	error_clear(&err);
	error_set(&err, ERROR_UNREACHABLE, "reset");
	assert_int_equal(registry_explain(registry, &registry->origin, &err), -1);
	assert_int_equal(err.kind, ERROR_UNREACHABLE);
	assert_string_equal(err.hint, "");
	/* What is said already is known better: a proxy, not the registry. */
	error_set(&err, ERROR_DENIED, "the proxy answered 403");
	error_hint(&err, "a proxy");
	assert_int_equal(registry_explain(registry, &registry->origin, &err), -1);
	assert_string_equal(err.hint, "a proxy");
}

static void test_which_registry_is_plain(void **state)
{
	static const struct {
		const char *name;
		bool is_plain, is_https;
	} names[] = {
		{ "r.example:5000/app", true, false },
		{ "R.example:5000/app", true, false },
		{ "r.example/app", false, true },
		{ "r.example:5001/app", false, true },
		{ "x.r.example:5000/app", false, true },
		{ "127.0.0.1:5000/app", false, false },
		{ "app", false, true },
	};
	char *host = (char[]){ "r.example:5000" };
	const struct strv hosts = { &host, 1 };
	const struct registry_options options = { .plain_http = &hosts };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		AUTO(reference_release) struct reference reference = { 0 };
		AUTO(registry_freep) struct registry *registry = NULL;
		struct error err = { 0 };

		assert_int_equal(reference_parse(names[i].name, &reference, &err), 0);
		assert_int_equal(registry_open(&reference, &options, &registry, &err), 0);
		assert_int_equal(registry_is_plain(registry), names[i].is_plain);
		assert_int_equal(registry->origin.is_https, names[i].is_https);
	}
}

static void test_a_flood_is_cut_off(void **state)
{
	AUTOFREE char *flood = calloc(1, LIMIT_JSON_DOCUMENT + 2);
	struct scene scene = {
		"a flood",
		"m",
		.rows = { { GET_T, .status = 200, .body = flood } },
		.answer = REGISTRY_UNKNOWN,
		.kind = ERROR_PROTOCOL,
		.message = "the answer: longer than",
	};

	(void)state;
	assert_non_null(flood);
	memset(flood, ' ', LIMIT_JSON_DOCUMENT + 1);
	scene_play(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_existence),
		cmocka_unit_test(test_manifests),
		cmocka_unit_test(test_images),
		cmocka_unit_test(test_pushes),
		cmocka_unit_test(test_nobody_listens),
		cmocka_unit_test(test_whose_certificate_is_missing),
		cmocka_unit_test(test_which_registry_is_plain),
		cmocka_unit_test(test_a_flood_is_cut_off),
	};

	return cmocka_run_group_tests(tests, scene_set_up, scene_tear_down);
}
