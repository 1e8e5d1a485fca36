/* SPDX-License-Identifier: MIT */
/* An image goes from a layout into an engine, as an archive of `docker save`. */
#include "layout-sample.h"

#include <unistd.h>

#include "codec/json.h"
#include "codec/tar.h"
#include "peer.h"

#define LOADED "{\"stream\":\"Loaded image: git-image-trial:1\\n\"}\r\n"

/* An engine with a layout, of which two functions are called. */
struct keeper {
	struct engine engine; /* first, so that either is the other */
	struct layout layout;
};

static int read_manifest(struct engine *engine, const char *reference, struct buf *ret_bytes,
			 char **ret_media_type, struct error *err)
{
	return layout_read_manifest(&((struct keeper *)engine)->layout, reference, ret_bytes,
				    ret_media_type, err);
}

static int open_blob(struct engine *engine, const char *digest, int *ret_fd, struct error *err)
{
	return layout_open_blob(&((struct keeper *)engine)->layout, digest, ret_fd, err);
}

static const struct engine_ops keeper_ops = { .read_manifest = read_manifest,
					      .open_blob = open_blob };

static void open_keeper(const char *name, struct keeper *keeper, char **ret_id)
{
	struct error err = { 0 };

	*keeper = (struct keeper){ .engine = { .ops = &keeper_ops } };
	open_layout(name, &keeper->layout);
	check(take_in_named(&keeper->layout, "web", ret_id, &err), &err);
}

/* "NAME(SIZE)" of each file, and manifest.json. */
struct listing {
	struct buf names, list;
	bool is_list;
};

static int take_entry(void *arg, const struct tar_entry *entry, struct error *err)
{
	struct listing *listing = arg;

	(void)err;
	listing->is_list = !strcmp(entry->path, "manifest.json");
	buf_add_format(&listing->names, "%.4s..%s(%d) ", entry->path, strrchr(entry->path, '.'),
		       (int)entry->size);
	return 0;
}

static int take_data(void *arg, struct slice data, struct error *err)
{
	struct listing *listing = arg;

	(void)err;
	if (listing->is_list)
		buf_add_slice(&listing->list, data);
	return 0;
}

/* The body of a request in chunks (RFC 9112 7.1), put together. */
static void join_chunks(struct slice rest, struct buf *out)
{
	const char *body = memmem(rest.data, rest.len, "\r\n\r\n", 4);
	unsigned long size;

	assert_non_null(body);
	rest = slice_skip(rest, (size_t)(body - rest.data) + 4);
	while ((size = strtoul(rest.data, NULL, 16))) {
		const char *end = memmem(rest.data, rest.len, "\r\n", 2);

		rest = slice_skip(rest, (size_t)(end - rest.data) + 2);
		buf_add(out, rest.data, size);
		rest = slice_skip(rest, size + 2);
	}
}

static void list_archive(const struct peer *peer, struct listing *listing)
{
	AUTO(buf_release) struct buf archive = BUF_INIT(MIB);
	struct tar_handler handler = { .entry = take_entry, .data = take_data, .arg = listing };
	AUTO(tar_reader_freep) struct tar_reader *reader = NULL;
	struct error err = { 0 };

	join_chunks((struct slice){ peer->requests[0], peer->request_lens[0] }, &archive);
	reader = tar_reader_new(&handler, &err);
	check(tar_reader_feed(reader, buf_slice(&archive), &err), &err);
	check(tar_reader_finish(reader, &err), &err);
}

static int load(struct engine *engine, struct keeper *keeper, const char *id, struct error *err)
{
	return engine->ops->load_image(engine,
				       &(struct engine_load){ .from = &keeper->engine,
							      .id = id,
							      .name = "git-image-trial:1" },
				       err);
}

static void test_an_engine_takes_an_image_over(void **state)
{
	static const struct peer_row rows[] = {
		{ .request = "POST /v1.41/images/load HTTP", .body = LOADED },
		{ 0 },
	};
	struct listing listing = { .names = BUF_INIT(4096), .list = BUF_INIT(4096) };
	AUTO(json_freep) struct json *list = NULL;
	struct error err = { 0 };
	AUTOFREE char *id = NULL;
	struct keeper keeper;
	struct engine *engine;
	const struct json *image;
	struct peer peer;
	char name[80];

	(void)state;
	open_keeper("load", &keeper, &id);
	engine = peer_engine(&peer, PING_DOCKER, rows, NULL);
	check(load(engine, &keeper, id, &err), &err);
	list_archive(&peer, &listing);
	list = json_parse(buf_slice(&listing.list), &err);
	image = json_first(list);
	snprintf(name, sizeof(name), "%s.json", id + strlen("sha256:"));
	assert_string_equal(json_text(json_get(image, "Config")), name);
	assert_string_equal(json_text(json_first(json_get(image, "RepoTags"))),
			    "docker.io/library/git-image-trial:1");
	assert_int_equal(json_count(json_get(image, "Layers")), 2);
	assert_non_null(strstr(listing.names.data, ".tar(6) "));
	assert_non_null(strstr(listing.names.data, ".tar(3) mani...json("));
	buf_release(&listing.names);
	buf_release(&listing.list);
	layout_release(&keeper.layout);
	peer_finish(&peer, engine);
}

static void test_its_refusal_is_an_error(void **state)
{
	static const struct peer_row rows[] = {
		{ .request = "POST /v1.41/images/load HTTP",
		  .body = "{\"errorDetail\":{\"message\":\"no space left on device\"}}" },
		{ 0 },
	};
	struct error err = { 0 };
	AUTOFREE char *id = NULL;
	struct keeper keeper;
	struct engine *engine;
	struct peer peer;

	(void)state;
	open_keeper("refused", &keeper, &id);
	engine = peer_engine(&peer, PING_DOCKER, rows, NULL);
	assert_int_equal(load(engine, &keeper, id, &err), -1);
	assert_non_null(strstr(err.message, "no space left on device"));
	peer_finish(&peer, engine);
	layout_release(&keeper.layout);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_engine_takes_an_image_over),
		cmocka_unit_test(test_its_refusal_is_an_error),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
