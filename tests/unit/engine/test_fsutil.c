/* SPDX-License-Identifier: MIT */
#include "../git/fixture.h"

#include <stdio.h>

#include "base/path.h"
#include "base/str.h"
#include "context/files.h"
#include "engine/build/fsutil-sender.h"
#include "engine/build/fsutil.h"
#include "git/commit.h"

static const struct {
	struct fsutil_packet packet;
	const char *hex;
} packets[] = {
	{ { .type = FSUTIL_STAT }, "" },
	{ { .type = FSUTIL_FIN }, "0803" },
	{ { .type = FSUTIL_REQ, .id = 300 }, "080118ac02" },
	{ { .type = FSUTIL_DATA, .id = 1, .data = SLICE("ab") }, "0802180122026162" },
	{ { .type = FSUTIL_ERR, .data = SLICE("no") }, "080422026e6f" },
	{ { .has_stat = true,
	    .stat = { .path = SLICE("a/b"), .mode = 0644, .size = 5, .mtime_ns = 1000 } },
	  "120d0a03612f6210a403280530e807" },
	{ { .has_stat = true, .stat = { .path = SLICE("d"), .mode = FSUTIL_MODE_FOLDER | 0755 } },
	  "12090a016410ed83808008" },
	{ { .has_stat = true,
	    .stat = { .path = SLICE("l"),
		      .mode = FSUTIL_MODE_SYMLINK | 0777,
		      .size = 1,
		      .target = SLICE("x") } },
	  "120d0a016c10ff83804028013a0178" },
	{ { .has_stat = true }, "1200" },
};

static void test_packets_are_those_of_the_wire(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(packets); i++) {
		const struct fsutil_packet *packet = &packets[i].packet;
		AUTO(buf_release) struct buf message = BUF_INIT(1000);
		AUTO(buf_release) struct buf hex = BUF_INIT(1000);
		struct fsutil_packet again;
		struct error err = { 0 };

		fsutil_encode(&message, packet);
		buf_add_hex(&hex, message.data, message.len);
		assert_string_equal(hex.data, packets[i].hex);
		assert_int_equal(fsutil_decode(buf_slice(&message), &again, &err), 0);
		assert_int_equal(again.type, packet->type);
		assert_int_equal(again.id, packet->id);
		assert_int_equal(again.has_stat, packet->has_stat);
		assert_true(slice_equal(again.data, packet->data));
		assert_true(slice_equal(again.stat.path, packet->stat.path));
		assert_true(slice_equal(again.stat.target, packet->stat.target));
		assert_int_equal(again.stat.mode, packet->stat.mode);
		assert_int_equal(again.stat.size, packet->stat.size);
		assert_int_equal(again.stat.mtime_ns, packet->stat.mtime_ns);
	}
}

/* The receiver: what it was told and has got. */
struct receiver {
	struct git_repo *repo;
	struct context *context;
	struct fsutil_sender *sender;
	struct strv paths;
	struct buf modes; /* one letter each */
	struct buf *contents;
	unsigned char *is_done;
	bool has_all; /* the STATs */
	bool has_fin;
};

static void receiver_open(struct receiver *receiver)
{
	struct commit commit = { 0 };
	struct context_files *files;
	struct error err = { 0 };

	*receiver = (struct receiver){ .repo = fixture_open("sent"), .modes = BUF_INIT(MIB) };
	assert_int_equal(commit_resolve(receiver->repo, "HEAD", &commit, &err), 0);
	assert_int_equal(context_open(&(struct context_options){ .repo = receiver->repo,
								 .tree_sha = commit.tree },
				      &receiver->context, &err),
			 0);
	commit_release(&commit);
	assert_int_equal(context_files_open(receiver->context,
					    &(struct context_files_options){ .folder = "context" },
					    &files, &err),
			 0);
	receiver->contents = calloc(context_files_count(files) + 1, sizeof(struct buf));
	receiver->is_done = calloc(1, context_files_count(files) + 1);
	for (size_t i = 0; i < context_files_count(files); i++)
		buf_init(&receiver->contents[i], MIB);
	assert_int_equal(fsutil_sender_new(files, &receiver->sender, &err), 0);
}

static void receiver_close(struct receiver *receiver)
{
	for (size_t i = 0; i < receiver->paths.len; i++)
		buf_release(&receiver->contents[i]);
	free(receiver->contents);
	free(receiver->is_done);
	strv_release(&receiver->paths);
	buf_release(&receiver->modes);
	fsutil_sender_free(receiver->sender);
	context_free(receiver->context);
	repo_free(receiver->repo);
}

static int say(struct receiver *receiver, enum fsutil_type type, uint32_t id, struct error *err)
{
	AUTO(buf_release) struct buf message = BUF_INIT(1000);

	fsutil_encode(&message, &(struct fsutil_packet){
					.type = type,
					.id = id,
					.data = SLICE("disk full\n"),
				});
	return fsutil_sender_take(receiver->sender, buf_slice(&message), err);
}

static void note_stat(struct receiver *receiver, const struct fsutil_packet *packet)
{
	struct error err = { 0 };
	uint32_t kind = packet->stat.mode >> 9;

	assert_false(receiver->has_all);
	receiver->has_all = !packet->has_stat;
	if (receiver->has_all)
		return;
	assert_int_equal(strv_add_slice(&receiver->paths, packet->stat.path, &err), 0);
	buf_add_char(&receiver->modes, !kind ? 'f' : kind == FSUTIL_MODE_FOLDER >> 9 ? 'd' : 'l');
	assert_int_equal(packet->stat.target.len > 0, kind == FSUTIL_MODE_SYMLINK >> 9);
	assert_true(packet->stat.mtime_ns >= 946684800000000000);
}

static void note_data(struct receiver *receiver, const struct fsutil_packet *packet)
{
	assert_true(packet->id < receiver->paths.len && !receiver->is_done[packet->id]);
	assert_true(packet->data.len <= LIMIT_CHUNK);
	buf_add_slice(&receiver->contents[packet->id], packet->data);
	receiver->is_done[packet->id] = !packet->data.len;
}

/* Reads one message; what fsutil_sender_give() said. */
static int listen(struct receiver *receiver, struct error *err)
{
	AUTO(buf_release) struct buf message = BUF_INIT(2 * LIMIT_CHUNK);
	struct fsutil_packet packet;
	int status = fsutil_sender_give(receiver->sender, &message, err);

	if (status <= 0)
		return status;
	assert_int_equal(fsutil_decode(buf_slice(&message), &packet, err), 0);
	if (packet.type == FSUTIL_STAT)
		note_stat(receiver, &packet);
	else if (packet.type == FSUTIL_DATA)
		note_data(receiver, &packet);
	else if (packet.type == FSUTIL_FIN)
		receiver->has_fin = true;
	else
		fail();
	return 1;
}

static void make_sample(void)
{
	fixture_run("git init -q sent && cd sent && echo FROM a >Dockerfile && mkdir -p d/e\n"
		    "for n in 0 1 65535 65536 65537 200000; do\n"
		    "  head -c $n /dev/urandom >d/$n; head -c $n /dev/urandom >d/e/$n\n"
		    "done\n"
		    "ln -s d link && git add -A && git commit -qm one");
}

/* Of the files announced so far one that was not asked for; -1: none. */
static int64_t pick(const struct receiver *receiver, const unsigned char *was_asked)
{
	size_t count = receiver->paths.len, start = count ? (size_t)rand() % count : 0;

	for (size_t i = 0; i < count; i++) {
		size_t id = (start + i) % count;

		if (receiver->modes.data[id] == 'f' && !was_asked[id])
			return (int64_t)id;
	}
	return -1;
}

static void check_contents(const struct receiver *receiver)
{
	for (size_t i = 0; i < receiver->paths.len; i++) {
		AUTO(buf_release) struct buf expected = BUF_INIT(MIB);
		struct error err = { 0 };
		char path[1000];

		if (receiver->modes.data[i] != 'f')
			continue;
		assert_true(receiver->is_done[i]);
		snprintf(path, sizeof(path), "%s/sent/%s", fixture_root(),
			 receiver->paths.items[i]);
		assert_int_equal(path_read(path, &expected, &err), 0);
		assert_true(slice_equal(buf_slice(&expected), buf_slice(&receiver->contents[i])));
	}
}

/* Talks and listens as the dice say; at most `steps` times. */
static void play(struct receiver *receiver, size_t steps)
{
	unsigned char was_asked[100] = { 0 };
	struct error err = { 0 };

	while (steps--) {
		int64_t id = rand() % 3 ? -1 : pick(receiver, was_asked);

		if (id >= 0) {
			was_asked[id] = true;
			assert_int_equal(say(receiver, FSUTIL_REQ, (uint32_t)id, &err), 0);
		} else if (!listen(receiver, &err) && pick(receiver, was_asked) < 0) {
			return;
		}
		assert_int_equal(err.kind, ERROR_NONE);
	}
}

static void test_contents_come_in_any_order(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 20; seed++) {
		struct fsutil_progress progress;
		struct error err = { 0 };
		struct receiver receiver;

		srand(seed);
		receiver_open(&receiver);
		play(&receiver, SIZE_MAX);
		assert_true(receiver.has_all);
		assert_int_equal(receiver.paths.len, 16);
		check_contents(&receiver);
		progress = fsutil_sender_progress(receiver.sender);
		assert_int_equal(progress.bytes, progress.total);
		assert_int_equal(progress.bytes, 2 * (1 + 65535 + 65536 + 65537 + 200000) + 7);
		assert_false(fsutil_sender_is_over(receiver.sender));
		assert_int_equal(say(&receiver, FSUTIL_FIN, 0, &err), 0);
		assert_true(fsutil_sender_was_ended(receiver.sender));
		assert_int_equal(listen(&receiver, &err), 1);
		assert_true(receiver.has_fin && fsutil_sender_is_over(receiver.sender));
		assert_int_equal(listen(&receiver, &err), 0);
		receiver_close(&receiver);
	}
}

/* However far it got: the receiver fails, ends, or goes away. */
static void test_a_transfer_may_end_anywhere(void **state)
{
	(void)state;
	srand(1);
	for (size_t steps = 0; steps < 200; steps++) {
		struct error err = { 0 };
		struct receiver receiver;

		receiver_open(&receiver);
		play(&receiver, steps);
		if (steps % 3 == 0) {
			assert_int_equal(say(&receiver, FSUTIL_ERR, 0, &err), -1);
			assert_string_equal(fixture_error(&err), "build: BuildKit cannot take the "
								 "context: disk full");
		} else if (steps % 3 == 1) {
			assert_int_equal(say(&receiver, FSUTIL_FIN, 0, &err), 0);
			assert_int_equal(listen(&receiver, &err), 1);
			assert_true(receiver.has_fin);
		}
		receiver_close(&receiver);
	}
}

static const struct {
	size_t steps;
	enum fsutil_type type;
	uint32_t id;
	const char *expected;
} hostile[] = {
	{ 0, FSUTIL_REQ, 0, "entry 0 of the context, which was not announced" },
	{ 3, FSUTIL_REQ, 5, "entry 5 of the context, which was not announced" },
	{ 99, FSUTIL_REQ, 16, "entry 16 of the context, which was not announced" },
	{ 99, FSUTIL_REQ, 4294967295, "entry 4294967295 of the context, which was not announced" },
	{ 99, FSUTIL_REQ, 1, "entry 1 of the context, which is no file" },
	{ 99, FSUTIL_REQ, 15, "entry 15 of the context, which is no file" },
	{ 99, FSUTIL_DATA, 0, NULL },
	{ 99, FSUTIL_STAT, 0, NULL },
};

static void listen_to(struct receiver *receiver, size_t steps)
{
	struct error err = { 0 };

	while (steps-- && listen(receiver, &err) > 0)
		;
	assert_int_equal(err.kind, ERROR_NONE);
}

static void test_nonsense_of_the_receiver_is_an_error(void **state)
{
	struct error err = { 0 };
	struct receiver receiver;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		error_clear(&err);
		receiver_open(&receiver);
		listen_to(&receiver, hostile[i].steps);
		assert_int_equal(say(&receiver, hostile[i].type, hostile[i].id, &err), -1);
		assert_int_equal(err.kind, ERROR_PROTOCOL);
		if (hostile[i].expected)
			assert_non_null(strstr(err.message, hostile[i].expected));
		receiver_close(&receiver);
	}
	receiver_open(&receiver);
	listen_to(&receiver, 99);
	error_clear(&err);
	assert_int_equal(say(&receiver, FSUTIL_REQ, 0, &err), 0);
	listen_to(&receiver, 99);
	assert_int_equal(say(&receiver, FSUTIL_REQ, 0, &err), -1);
	assert_non_null(strstr(err.message, "entry 0 of the context, which was asked for before"));
	error_clear(&err);
	assert_int_equal(fsutil_sender_take(receiver.sender, SLICE("\x12\x09"), &err), -1);
	assert_int_equal(err.kind, ERROR_PROTOCOL);
	error_clear(&err);
	assert_int_equal(fsutil_sender_take(receiver.sender, SLICE("\x08\x09"), &err), 0);
	receiver_close(&receiver);
}

static void test_what_cannot_be_read_is_told(void **state)
{
	AUTO(buf_release) struct buf message = BUF_INIT(MIB);
	struct fsutil_packet packet;
	struct error err = { 0 };
	struct receiver receiver;

	(void)state;
	receiver_open(&receiver);
	listen_to(&receiver, 99);
	fixture_run("cd sent && rm -f .git/objects/$(git rev-parse HEAD:d/65536 | "
		    "sed 's,..,&/,')");
	assert_int_equal(say(&receiver, FSUTIL_REQ, 0, &err), 0);
	for (uint32_t id = 2; id < 15; id++)
		if (receiver.modes.data[id] == 'f')
			assert_int_equal(say(&receiver, FSUTIL_REQ, id, &err), 0);
	while (listen(&receiver, &err) > 0)
		;
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_true(str_starts(err.message, "'d/65536': "));
	fsutil_sender_give_up(&err, &message);
	error_clear(&err);
	assert_int_equal(fsutil_decode(buf_slice(&message), &packet, &err), 0);
	assert_int_equal(packet.type, FSUTIL_ERR);
	assert_true(slice_starts(packet.data, "'d/65536': "));
	receiver_close(&receiver);
}

static int start(void **state)
{
	if (fixture_start(state))
		return -1;
	make_sample();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packets_are_those_of_the_wire),
		cmocka_unit_test(test_contents_come_in_any_order),
		cmocka_unit_test(test_a_transfer_may_end_anywhere),
		cmocka_unit_test(test_nonsense_of_the_receiver_is_an_error),
		cmocka_unit_test(test_what_cannot_be_read_is_told),
	};

	return cmocka_run_group_tests_name("engine/fsutil", tests, start, fixture_end);
}
