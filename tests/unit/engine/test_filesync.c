/* SPDX-License-Identifier: MIT */
#include "../git/fixture.h"

#include <stdio.h>
#include <sys/socket.h>

#include "base/str.h"
#include "context/context.h"
#include "engine/build/filesync.h"
#include "engine/build/fsutil.h"
#include "git/commit.h"
#include "net/grpc.h"

/* BuildKit's side of one call: it wants all contents, or stops early. */
struct fetch {
	struct grpc_call *call;
	const char *stop_at; /* a path: cancels there; NULL: goes on */
	bool is_mute;	     /* cannot ask any more */
	struct buf listing;  /* "PATH\n" or "PATH SIZE\n" */
	uint32_t next_id;
	size_t open_files;
	int64_t bytes;
	bool has_all, has_ended;
	int code;
	char text[256]; /* of ERR, then of the status */
};

/* A session with BuildKit in this very process. */
struct scene {
	struct git_repo *repo;
	struct context *context;
	struct event_sink sink;
	struct event last; /* progress */
	int progress_count;
	struct engine_build build;
	struct session session;
	struct grpc *ours, *theirs;
	struct fetch fetches[3];
	size_t fetch_count;
};

static void note_event(struct event_sink *sink, const struct event *event)
{
	struct scene *scene = (struct scene *)((char *)sink - offsetof(struct scene, sink));

	assert_int_equal(event->type, EVENT_PROGRESS);
	assert_string_equal(event->subject, "context");
	assert_true(event->bytes > 0 && event->bytes <= event->total);
	scene->last = *event;
	scene->progress_count++;
}

static int accept_call(void *arg, struct grpc_call *call, const char *path, struct error *err)
{
	struct scene *scene = arg;

	assert_string_equal(path, "/moby.filesync.v1.FileSync/DiffCopy");
	return filesync_accept(&scene->session, call, err);
}

static const struct grpc_server server = { .accept = accept_call };

static void scene_open(struct scene *scene, const char *name)
{
	struct channel *ends[2];
	struct commit commit = { 0 };
	struct error err = { 0 };
	int fds[2];

	*scene = (struct scene){ .repo = fixture_open(name), .sink.emit = note_event };
	assert_int_equal(commit_resolve(scene->repo, "HEAD", &commit, &err), 0);
	assert_int_equal(context_open(&(struct context_options){ .repo = scene->repo,
								 .tree_sha = commit.tree },
				      &scene->context, &err),
			 0);
	commit_release(&commit);
	scene->build.context = scene->context;
	scene->session.build = &scene->build;
	scene->session.sink = &scene->sink;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(channel_of_socket(fds[i], &ends[i], &err), 0);
	assert_int_equal(grpc_new(ends[0],
				  &(struct grpc_options){ "the session", &server, scene, NULL },
				  &scene->ours, &err),
			 0);
	assert_int_equal(grpc_new(ends[1], &(struct grpc_options){ .name = "BuildKit" },
				  &scene->theirs, &err),
			 0);
}

static void scene_close(struct scene *scene)
{
	grpc_free(scene->theirs);
	grpc_free(scene->ours);
	for (size_t i = 0; i < scene->fetch_count; i++)
		buf_release(&scene->fetches[i].listing);
	context_free(scene->context);
	repo_free(scene->repo);
}

static void say(const struct fetch *fetch, enum fsutil_type type, uint32_t id)
{
	AUTO(buf_release) struct buf message = BUF_INIT(1000);
	struct error err = { 0 };

	fsutil_encode(&message, &(struct fsutil_packet){ .type = type, .id = id });
	if (!fetch->is_mute)
		assert_int_equal(grpc_send(fetch->call, buf_slice(&message), &err), 0);
}

static void take_stat(struct fetch *fetch, const struct fsutil_packet *packet)
{
	const struct fsutil_stat *stat = &packet->stat;

	fetch->has_all = !packet->has_stat;
	if (fetch->has_all)
		return;
	buf_add_slice(&fetch->listing, stat->path);
	if (!(stat->mode >> 9)) {
		buf_add_format(&fetch->listing, " %lld", (long long)stat->size);
		say(fetch, FSUTIL_REQ, fetch->next_id);
		fetch->open_files++;
	}
	buf_add_char(&fetch->listing, '\n');
	fetch->next_id++;
}

static int take(struct grpc_call *call, void *arg, struct slice message, struct error *err)
{
	struct fetch *fetch = arg;
	struct fsutil_packet packet;

	assert_int_equal(fsutil_decode(message, &packet, err), 0);
	if (packet.type == FSUTIL_STAT) {
		take_stat(fetch, &packet);
		if (fetch->stop_at && slice_is(packet.stat.path, fetch->stop_at)) {
			fetch->has_ended = true;
			grpc_cancel(call);
			return 0;
		}
	} else if (packet.type == FSUTIL_DATA) {
		fetch->bytes += (int64_t)packet.data.len;
		fetch->open_files -= !packet.data.len;
	} else if (packet.type == FSUTIL_ERR) {
		snprintf(fetch->text, sizeof(fetch->text), "%.*s, ", (int)packet.data.len,
			 packet.data.data);
	}
	if (packet.type != FSUTIL_FIN && packet.type != FSUTIL_ERR && fetch->has_all &&
	    !fetch->open_files)
		say(fetch, FSUTIL_FIN, 0);
	return 0;
}

static void end(struct grpc_call *call, void *arg, const struct grpc_status *status)
{
	struct fetch *fetch = arg;
	size_t len = strlen(fetch->text);

	(void)call;
	fetch->has_ended = true;
	fetch->code = status->code;
	snprintf(fetch->text + len, sizeof(fetch->text) - len, "%s", status->message);
}

static const struct grpc_handler handler = { .message = take, .ended = end };

/* Asks for a folder; the metadata are lines. */
static struct fetch *fetch_start(struct scene *scene, const char *text)
{
	AUTO(strv_release) struct strv metadata = { 0 };
	struct fetch *fetch = &scene->fetches[scene->fetch_count++];
	struct slice rest = slice_of(text), line;
	struct error err = { 0 };

	while (slice_cut(&rest, '\n', &line))
		assert_int_equal(strv_add_slice(&metadata, line, &err), 0);
	buf_init(&fetch->listing, MIB);
	fetch->call = grpc_start(scene->theirs,
				 &(struct grpc_request){
					 .path = "/moby.filesync.v1.FileSync/DiffCopy",
					 .metadata = &metadata,
					 .handler = &handler,
					 .arg = fetch,
				 },
				 &err);
	assert_non_null(fetch->call);
	return fetch;
}

/* Until all calls have ended. */
static void drive(struct scene *scene)
{
	struct grpc *connections[] = { scene->ours, scene->theirs };

	for (int rounds = 0; rounds < 100000; rounds++) {
		struct error err = { 0 };
		size_t ended = 0;

		for (size_t i = 0; i < scene->fetch_count; i++)
			ended += scene->fetches[i].has_ended;
		if (ended == scene->fetch_count)
			return;
		assert_int_equal(grpc_drive(connections, 2, 1000, &err), 0);
	}
	fail();
}

static void make_samples(void)
{
	fixture_run("git init -q many && cd many && echo FROM a >Dockerfile && mkdir a\n"
		    "echo a >.dockerignore; echo 1 >a/x; echo 2 >a/y\n"
		    "echo 3 >\"$(printf '\\303\\244 b')\"; echo 4 >'a+b'\n"
		    "git add -A && git commit -qm one\n"
		    "git init -q ../big && cd ../big && echo FROM a >Dockerfile\n"
		    "head -c 20000000 /dev/zero >zeros; head -c 3000000 /dev/urandom >random\n"
		    "git add -A && git commit -qm one");
}

static void test_folders_are_sent_side_by_side(void **state)
{
	struct fetch *dockerfile, *context, *rules;
	struct scene scene;

	(void)state;
	scene_open(&scene, "many");
	dockerfile = fetch_start(&scene, "dir-name: dockerfile\nfollowpaths: Dockerfile");
	context = fetch_start(&scene, "dir-name: context\nexclude-patterns: a\n"
				      "exclude-patterns: !a/y");
	rules = fetch_start(&scene, "dir-name: context\nfollowpaths: .dockerignore");
	drive(&scene);
	assert_string_equal(dockerfile->listing.data, "Dockerfile 7\nDockerfile.dockerignore 2\n");
	assert_string_equal(context->listing.data, ".dockerignore 2\nDockerfile 7\na\na/y 2\n"
						   "a+b 2\n\303\244 b 2\n");
	assert_string_equal(rules->listing.data, ".dockerignore 2\n");
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(scene.fetches[i].code, GRPC_OK);
	scene_close(&scene);
}

static const struct {
	const char *metadata, *listing, *text;
	int code;
} requests[] = {
	{ "dir-name: context\nfollowpaths-encoded: 1\nfollowpaths: %C3%A4+b\nfollowpaths: a%2bb",
	  "a+b 2\n\303\244 b 2\n", "", GRPC_OK },
	{ "dir-name: context\nfollowpaths-encoded: 0\nfollowpaths: a+b", "a+b 2\n", "", GRPC_OK },
	{ "dir-name: context\ninclude-patterns-encoded: 1\ninclude-patterns: %", "",
	  "BuildKit asks for files by a malformed text", -1 },
	{ "dir-name: context\ninclude-patterns-encoded: 1\ninclude-patterns: a%00", "",
	  "BuildKit asks for files by a malformed text", -1 },
	{ "dir-name: context\nexclude-patterns: [", "",
	  "exclude-patterns: '[': the pattern is not valid", -1 },
	{ "dir-name: home", "", "there is no folder 'home'", GRPC_NOT_FOUND },
	{ "x: y", "", "there is no folder ''", GRPC_NOT_FOUND },
};

static void test_metadata_say_what_is_wanted(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		struct scene scene;
		struct fetch *fetch;

		scene_open(&scene, "many");
		fetch = fetch_start(&scene, requests[i].metadata);
		drive(&scene);
		assert_string_equal(fetch->listing.data, requests[i].listing);
		assert_string_equal(fetch->text, requests[i].text);
		if (requests[i].code >= 0)
			assert_int_equal(fetch->code, requests[i].code);
		else
			assert_int_not_equal(fetch->code, GRPC_OK);
		scene_close(&scene);
	}
}

static void test_large_contents_wait_for_room(void **state)
{
	struct scene scene;
	struct fetch *one, *two;

	(void)state;
	scene_open(&scene, "big");
	one = fetch_start(&scene, "dir-name: context");
	two = fetch_start(&scene, "dir-name: context\nfollowpaths: random");
	drive(&scene);
	assert_int_equal(one->code, GRPC_OK);
	assert_int_equal(one->bytes, 23000007);
	assert_int_equal(two->bytes, 3000000);
	scene_close(&scene);
}

static void test_progress_ends_with_all_that_was_wanted(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, "big");
	fetch_start(&scene, "dir-name: context");
	drive(&scene);
	assert_true(scene.progress_count > 0);
	assert_int_equal(scene.last.bytes, 23000007);
	assert_int_equal(scene.last.total, 23000007);
	scene_close(&scene);
}

static void test_a_call_that_is_broken_off_leaves_nothing(void **state)
{
	struct scene scene;
	struct fetch *fetch;

	(void)state;
	scene_open(&scene, "big");
	fetch_start(&scene, "dir-name: context")->stop_at = "random";
	fetch = fetch_start(&scene, "dir-name: dockerfile");
	drive(&scene);
	assert_int_equal(fetch->code, GRPC_OK);
	/* And one that is still under way. */
	fetch_start(&scene, "dir-name: context");
	assert_int_equal(grpc_drive((struct grpc *[]){ scene.ours, scene.theirs }, 2, 0,
				    &(struct error){ 0 }),
			 0);
	scene_close(&scene);
}

static void test_our_failure_is_told_and_kept(void **state)
{
	static const char expected[] = "'a/x': object ";
	struct scene scene;
	struct fetch *fetch;

	(void)state;
	fixture_run("cp -r many broken && cd broken &&\n"
		    "rm -f .git/objects/$(git rev-parse HEAD:a/x | sed 's,..,&/,')");
	scene_open(&scene, "broken");
	fetch = fetch_start(&scene, "dir-name: context\nfollowpaths: a/y");
	drive(&scene);
	assert_int_equal(fetch->code, GRPC_OK);
	fetch = fetch_start(&scene, "dir-name: context");
	drive(&scene);
	assert_int_not_equal(fetch->code, GRPC_OK);
	assert_true(str_starts(fetch->text, expected));
	scene_close(&scene);
}

static void test_an_early_close_is_an_error(void **state)
{
	struct error err = { 0 };
	struct scene scene;
	struct fetch *fetch;

	(void)state;
	scene_open(&scene, "many");
	fetch = fetch_start(&scene, "dir-name: dockerfile");
	assert_int_equal(grpc_close(fetch->call, &err), 0);
	fetch->is_mute = true;
	drive(&scene);
	assert_string_equal(fetch->text, "BuildKit stopped taking files before the end");
	scene_close(&scene);
}

static int start(void **state)
{
	if (fixture_start(state))
		return -1;
	make_samples();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_folders_are_sent_side_by_side),
		cmocka_unit_test(test_metadata_say_what_is_wanted),
		cmocka_unit_test(test_large_contents_wait_for_room),
		cmocka_unit_test(test_progress_ends_with_all_that_was_wanted),
		cmocka_unit_test(test_a_call_that_is_broken_off_leaves_nothing),
		cmocka_unit_test(test_our_failure_is_told_and_kept),
		cmocka_unit_test(test_an_early_close_is_an_error),
	};

	return cmocka_run_group_tests_name("engine/filesync", tests, start, fixture_end);
}
