/* SPDX-License-Identifier: MIT */
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
#include "flow/resolve.h"

#define BASE	  "/v2/team/app/"
#define GET(tag)  "GET " BASE "manifests/" tag " HTTP"
#define HEAD(tag) "HEAD " BASE "manifests/" tag " HTTP"
#define NO_SUCH	  .status = 404, .headers = "Docker-Distribution-Api-Version: registry/2.0\r\n"
#define SHORT	  "1f2e3d4"
#define LONG	  "1f2e3d4c5b6a"

/* The same config under another manifest, and other images. */
#define AGAIN_DIGEST "sha256:a43cb0245d4a05ed0e2bbae02b7c668d6081f4ccb5318042120fda69239889a5"
#define OTHER_CONFIG_DIGEST                                                                        \
	"sha256:decb402b284e93cfd70067360e4479fe392791f2c2c13f770f74d2f3ca0d4fbb"
#define OTHER_DIGEST "sha256:b39f965900c97d528f5e8e0f4ea68dbc027dee4a4d65935d86306782a999e58a"
#define DIRTY_CONFIG_DIGEST                                                                        \
	"sha256:6a014046a249bac4a3139a52d3a7883f58b5c2888e7305f2fac638c3a7122759"
#define TORN_CONFIG_DIGEST "sha256:71a01ea0b109cb55c83f066db1bef68bd8062a63a92cd5612fd0edfdd808e9a5"
#define MUTE_CONFIG_DIGEST "sha256:b091a0ad63d887bde24bcdaa9c46fb026b000b0d35c2ef80a8637b0b906ae3b8"
#define EMPTY_CONFIG_DIGEST                                                                        \
	"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
#define CHART                                                                                      \
	"{\"schemaVersion\":2,\"config\":{\"mediaType\":\"application/x.chart\",\"digest\":"       \
	"\"" EMPTY_CONFIG_DIGEST "\",\"size\":2},\"layers\":[]}"
#define MANIFEST_OF(digest, size)                                                                  \
	"{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_TYPE_OCI_MANIFEST                            \
	"\",\"config\":{\"mediaType\":\"application/"                                              \
	"vnd.oci.image.config.v1+json\",\"digest\":\"" digest "\",\"size\":" size                  \
	"},\"layers\":[]"
#define AGAIN MANIFEST_OF(CONFIG_DIGEST, "144") ",\"annotations\":{\"a\":\"b\"}}"
#define OTHER MANIFEST_OF(OTHER_CONFIG_DIGEST, "151") "}"
#define CONFIG_OF(env)                                                                             \
	"{\"os\":\"linux\",\"architecture\":\"amd64\"," env                                        \
	"\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}"
#define OTHER_SHA    "0123456789012345678901234567890123456789"
#define OTHER_CONFIG CONFIG_OF("\"config\":{\"Env\":[\"COMMIT_SHA=" OTHER_SHA "\"]},")
#define DIRTY_CONFIG CONFIG_OF("\"config\":{\"Env\":[\"SHA=" IMAGE_SHA "-dirty\"]},")

#define TORN_CONFIG                                                                                \
	CONFIG_OF("\"config\":{\"Env\":[\"SHA=" IMAGE_SHA "\",\"COMMIT_SHA=" OTHER_SHA "\"]},")

#define IS(tag, digest)                                                                            \
	{                                                                                          \
		HEAD(tag), .status = 200, .headers = "Docker-Content-Digest: " digest "\r\n"       \
	}
#define READ(tag, text)                                                                            \
	{                                                                                          \
		GET(tag), .status = 200, .headers = IS_MANIFEST, .body = text                      \
	}
#define READ_CONFIG(digest, text)                                                                  \
	{                                                                                          \
		"GET " BASE "blobs/" digest " HTTP", .status = 200, .body = text                   \
	}
#define READ_LATEST	READ("latest", MANIFEST), READ_CONFIG(CONFIG_DIGEST, CONFIG)
#define READ_OTHER(tag) READ(tag, OTHER), READ_CONFIG(OTHER_CONFIG_DIGEST, OTHER_CONFIG)

struct row {
	const char *name;
	const char *words[3]; /* behind host and "/team/app" */
	struct peer_row rows[20];
	const char *tag;    /* of the first; NULL: it fails */
	const char *digest; /* the same */
	enum error_kind kind;
	const char *message;
	const char *said; /* by a warning or notice; NULL: nothing is */
	int64_t sha_length;
	char *prefix;
};

static char prefix[] = "v";

static const struct row table[] = {
	{ "by its tag",
	  { "" },
	  .rows = { READ_LATEST, IS(SHORT, MANIFEST_DIGEST) },
	  .tag = SHORT,
	  .digest = MANIFEST_DIGEST },
	{ "by its digest",
	  { "@" MANIFEST_DIGEST },
	  .rows = { READ(MANIFEST_DIGEST, MANIFEST), READ_CONFIG(CONFIG_DIGEST, CONFIG),
		    IS(SHORT, MANIFEST_DIGEST) },
	  .tag = SHORT,
	  .digest = MANIFEST_DIGEST },
	{ "a tag beside its digest proves nothing",
	  { ":" SHORT "@" MANIFEST_DIGEST },
	  .rows = { READ(MANIFEST_DIGEST, MANIFEST), READ_CONFIG(CONFIG_DIGEST, CONFIG),
		    IS(SHORT, MANIFEST_DIGEST) },
	  .tag = SHORT,
	  .digest = MANIFEST_DIGEST },
	{ "the commit's own tag is not asked for again",
	  { ":" SHORT },
	  .rows = { READ(SHORT, MANIFEST), READ_CONFIG(CONFIG_DIGEST, CONFIG) },
	  .tag = SHORT,
	  .digest = MANIFEST_DIGEST },
	{ "nor a longer one",
	  { ":" LONG },
	  .rows = { READ(LONG, MANIFEST), READ_CONFIG(CONFIG_DIGEST, CONFIG) },
	  .tag = LONG,
	  .digest = MANIFEST_DIGEST },
	{ "six digits prove nothing",
	  { ":1f2e3d" },
	  .rows = { READ("1f2e3d", MANIFEST), READ_CONFIG(CONFIG_DIGEST, CONFIG),
		    IS(SHORT, MANIFEST_DIGEST) },
	  .tag = SHORT,
	  .digest = MANIFEST_DIGEST },
	{ "longer tags where the user has them",
	  { "" },
	  .rows = { READ_LATEST, IS(LONG, MANIFEST_DIGEST), IS(SHORT, OTHER_DIGEST) },
	  .tag = LONG,
	  .digest = MANIFEST_DIGEST,
	  .sha_length = 12 },
	{ "longer tags where this one has none",
	  { "" },
	  .rows = { READ_LATEST, { HEAD(LONG), NO_SUCH }, IS(SHORT, MANIFEST_DIGEST) },
	  .tag = SHORT,
	  .digest = MANIFEST_DIGEST,
	  .sha_length = 12 },
	{ "tags with a prefix, before those without",
	  { "" },
	  .rows = { READ_LATEST, IS("v" SHORT, MANIFEST_DIGEST), { HEAD(SHORT), NO_SUCH } },
	  .tag = "v" SHORT,
	  .digest = MANIFEST_DIGEST,
	  .prefix = prefix },
	{ "a prefix that was asked for",
	  { ":main-" SHORT },
	  .rows = { READ("main-" SHORT, MANIFEST), READ_CONFIG(CONFIG_DIGEST, CONFIG) },
	  .tag = "main-" SHORT,
	  .digest = MANIFEST_DIGEST },
	{ "the commit has no tag",
	  { "" },
	  .rows = { READ_LATEST, { HEAD(SHORT), NO_SUCH } },
	  .tag = SHORT,
	  .digest = MANIFEST_DIGEST,
	  .said = ":1f2e3d4' does not exist" },
	{ "its tag is denied: nobody knows",
	  { "" },
	  .rows = { READ_LATEST, { HEAD(SHORT), .status = 403 } },
	  .kind = ERROR_DENIED,
	  .message = "/team/app': '" },
	{ "the same image under another manifest",
	  { "" },
	  .rows = { READ_LATEST, IS(SHORT, AGAIN_DIGEST), READ(SHORT, AGAIN) },
	  .tag = SHORT,
	  .digest = MANIFEST_DIGEST },
	{ "another image of another commit",
	  { "" },
	  .rows = { READ_LATEST, IS(SHORT, OTHER_DIGEST), READ_OTHER(SHORT) },
	  .kind = ERROR_CONFLICT,
	  .message = "/team/app:1f2e3d4' holds another image of " OTHER_SHA },
	{ "HEAD is not known",
	  { "" },
	  .rows = { READ_LATEST, { HEAD(SHORT), .status = 405 }, READ(SHORT, MANIFEST) },
	  .tag = SHORT,
	  .digest = MANIFEST_DIGEST },
	{ "HEAD is not known, and there is no tag",
	  { "" },
	  .rows = { READ_LATEST, { HEAD(SHORT), .status = 405 }, { GET(SHORT), NO_SUCH } },
	  .tag = SHORT,
	  .digest = MANIFEST_DIGEST,
	  .said = "does not exist" },
	{ "nothing there",
	  { "" },
	  .rows = { { GET("latest"), NO_SUCH } },
	  .kind = ERROR_NO,
	  .message = "the registry has no 'latest'" },
	{ "no commit inside",
	  { "" },
	  .rows = { READ("latest", MANIFEST_OF(MUTE_CONFIG_DIGEST, "78") "}"),
		    READ_CONFIG(MUTE_CONFIG_DIGEST, CONFIG_OF("")) },
	  .kind = ERROR_NO,
	  .message = "does not say of which commit it is" },
	{ "two commits inside",
	  { "" },
	  .rows = { READ("latest", MANIFEST_OF(TORN_CONFIG_DIGEST, "198") "}"),
		    READ_CONFIG(TORN_CONFIG_DIGEST, TORN_CONFIG) },
	  .kind = ERROR_NO,
	  .message = "does not say of which commit it is: it names two" },
	{ "no image at all",
	  { "" },
	  .rows = { READ("latest", CHART), READ_CONFIG(EMPTY_CONFIG_DIGEST, "{}") },
	  .kind = ERROR_NOT_FOUND,
	  .message = "/team/app:latest': it is no image: its config is 'application/x.chart'" },
	{ "an image with a config that is none",
	  { "" },
	  .rows = { READ("latest", MANIFEST_OF(EMPTY_CONFIG_DIGEST, "2") "}"),
		    READ_CONFIG(EMPTY_CONFIG_DIGEST, "{}") },
	  .kind = ERROR_PROTOCOL,
	  .message = "/team/app:latest': config.rootfs: expected an object" },
	{ "of a work tree",
	  { "" },
	  .rows = { READ("latest", MANIFEST_OF(DIRTY_CONFIG_DIGEST, "150") "}"),
		    READ_CONFIG(DIRTY_CONFIG_DIGEST, DIRTY_CONFIG) },
	  .kind = ERROR_NO,
	  .message = "is of a work tree" },
	{ "denied",
	  { "" },
	  .rows = { { GET("latest"), .status = 403 } },
	  .kind = ERROR_DENIED,
	  .message = "cannot resolve '127.0.0.1:" },
};

/* All at once, so what differs in a set would come in any order. */
#define ANY "GET " BASE "manifests/"
#define READ_ANY                                                                                   \
	{                                                                                          \
		ANY, .status = 200, .headers = IS_MANIFEST, .body = MANIFEST                       \
	}
#define READ_PAIR READ_ANY, READ_ANY, READ_CONFIG(CONFIG_DIGEST, CONFIG), MAY_READ_CONFIG
/* Unless the first answer comes before the second question. */
#define MAY_READ_CONFIG                                                                            \
	{                                                                                          \
		"GET " BASE "blobs/" CONFIG_DIGEST " HTTP", .status = 200, .body = CONFIG,         \
							    .is_optional = true                    \
	}
/* Their config is known then. */
#define READ_AGAIN READ_ANY, READ_ANY
#define STAYS                                                                                      \
	{                                                                                          \
		"HEAD " BASE "manifests/", .status = 200, .headers = HAS_DIGEST                    \
	}
#define NO_HEAD                                                                                    \
	{                                                                                          \
		"HEAD " BASE "manifests/", .status = 405                                           \
	}
#define MOVES                                                                                      \
	{                                                                                          \
		"HEAD " BASE "manifests/",                                                         \
			.status = 200, .headers = "Docker-Content-Digest: " OTHER_DIGEST "\r\n"    \
	}

static const struct row sets[] = {
	{ "a set that stays",
	  { ":a", ":b" },
	  .rows = { READ_PAIR, STAYS, STAYS, STAYS },
	  .tag = SHORT,
	  .digest = MANIFEST_DIGEST },
	{ "one moves and is read again",
	  { ":a", ":b" },
	  .rows = { READ_PAIR, STAYS, MOVES, READ_AGAIN, STAYS, STAYS, STAYS },
	  .tag = SHORT,
	  .digest = MANIFEST_DIGEST,
	  .said = "moved while the others were read" },
	{ "HEAD does not say which",
	  { ":a", ":b" },
	  .rows = { READ_PAIR,
		    { "HEAD ", .status = 200, .headers = IS_MANIFEST },
		    { "HEAD ", .status = 200, .headers = IS_MANIFEST },
		    STAYS,
		    STAYS,
		    STAYS },
	  .tag = SHORT,
	  .digest = MANIFEST_DIGEST },
	{ "no HEAD at all",
	  { ":a", ":b" },
	  .rows = { READ_PAIR, NO_HEAD, NO_HEAD, NO_HEAD, READ_ANY, NO_HEAD, READ_ANY, NO_HEAD,
		    READ_ANY, READ_ANY },
	  .tag = SHORT,
	  .digest = MANIFEST_DIGEST },
	{ "gone, and not there again",
	  { ":a", ":b" },
	  .rows = { READ_PAIR,
		    { "HEAD ", NO_SUCH },
		    { "HEAD ", NO_SUCH },
		    { ANY, NO_SUCH },
		    { ANY, NO_SUCH } },
	  .kind = ERROR_NO,
	  .message = "the registry has no 'a'",
	  .said = "moved while the others were read" },
	{ "denied in between",
	  { ":a", ":b" },
	  .rows = { READ_PAIR, { "HEAD ", .status = 403 }, { "HEAD ", .status = 403 } },
	  .kind = ERROR_DENIED,
	  .message = "cannot resolve" },
	{ "one that never stays",
	  { ":a", ":b" },
	  .rows = { READ_PAIR, MOVES, MOVES, READ_AGAIN, MOVES, MOVES, READ_AGAIN, MOVES, MOVES },
	  .kind = ERROR_CONFLICT,
	  .message = "moved each of the 3 times they were read",
	  .said = "moved while the others were read" },
};

struct audience {
	struct event_sink sink;
	char said[512];
};

static void on_event(struct event_sink *sink, const struct event *event)
{
	struct audience *audience = (struct audience *)sink;

	if (event->type == EVENT_NOTICE || event->type == EVENT_WARNING)
		snprintf(audience->said, sizeof(audience->said), "%.*s", (int)event->text.len,
			 event->text.data);
}

static void list(const struct row *row, const char *host, struct strv *words)
{
	struct error err = { 0 };
	char word[200];

	for (size_t i = 0; i < ARRAY_SIZE(row->words) && row->words[i]; i++) {
		snprintf(word, sizeof(word), "%s/team/app%s", host, row->words[i]);
		assert_int_equal(strv_add(words, word, &err), 0);
	}
}

static void check(const struct row *row, const struct resolution *set, const struct error *err)
{
	if (err->kind != row->kind)
		fail_msg("%s: %s: '%s'", row->name, error_kind_name(err->kind), err->message);
	if (row->message && !strstr(err->message, row->message))
		fail_msg("%s: '%s'", row->name, err->message);
	if (!row->tag)
		return;
	assert_string_equal(set->items[0].tag, row->tag);
	assert_string_equal(set->readings[0].image.manifest.digest.text, row->digest);
	assert_string_equal(set->readings[0].image.commit.sha, IMAGE_SHA);
}

static void play(const struct row *row)
{
	AUTO(resolution_release) struct resolution set = { 0 };
	struct settings settings = { .sha_length = row->sha_length ? row->sha_length : 7,
				     .tag_prefix = row->prefix };
	struct audience audience = { .sink = { on_event } };
	AUTO(strv_release) struct strv words = { 0 };
	struct error err = { 0 };
	static struct peer peer;

	peer_listen(&peer, "127.0.0.1");
	peer_run(&peer, row->rows, NULL);
	list(row, peer.host, &words);
	assert_int_equal(resolution_init(&set, &words, &settings, &err), 0);
	if (resolve(&set, &settings, &audience.sink, &err))
		assert_int_not_equal(err.kind, ERROR_NONE);
	peer_finish(&peer);
	check(row, &set, &err);
	if (!row->said != !audience.said[0] || (row->said && !strstr(audience.said, row->said)))
		fail_msg("%s: said '%s'", row->name, audience.said);
}

static void test_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		play(&table[i]);
}

static void test_sets(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		play(&sets[i]);
}

static int set_up(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	setenv("DOCKER_CONFIG", "/nonexistent", 1);
	setenv("HOME", "/nonexistent", 1);
	unsetenv("XDG_RUNTIME_DIR");
	unsetenv("REGISTRY_AUTH_FILE");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_sets),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
