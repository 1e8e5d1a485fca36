/* SPDX-License-Identifier: MIT */
/* An image comes out of an engine as it is, and nothing else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/export-archive.h"
#include "export-sample.h"
#include "peer.h"

#define DOCKER_OLD                                                                                 \
	"{x}/VERSION|1.0;{x}/json|{};{x}/layer.tar|{B};{id}.json|{config};{b}/json|{};"           \
	"{b}/layer.tar|{A};{a}/layer.tar>../{b}/layer.tar;manifest.json|[];repositories|{}"
#define DOCKER_NEW                                                                                 \
	"blobs/sha256/{b}|{B};blobs/sha256/{id}|{config};blobs/sha256/{x}|{\"schemaVersion\":2};"  \
	"blobs/sha256/{a}|{A};index.json|{};manifest.json|[];oci-layout|{}"
#define PODMAN                                                                                     \
	"{a}.tar|{A};{x}/VERSION|1.0;{x}/json|{};{x}/layer.tar>../{a}.tar;{b}.tar|{B};"            \
	"{id}.json|{config};manifest.json|[]"

static const struct row {
	const char *entries;
	const char *notes; /* of what was given; NULL: refused */
	const char *message;
	const char *unwanted; /* letters */
} table[] = {
	{ DOCKER_OLD, "?22:" LAYER_B "=b config ?16:" LAYER_A "=a ", NULL, "" },
	{ DOCKER_NEW, "b22:" LAYER_B "=b config a16:" LAYER_A "=a ", NULL, "" },
	{ PODMAN, "a16:" LAYER_A "=a b22:" LAYER_B "=b config ", NULL, "" },
	/* What is not wanted may be anything. */
	{ PODMAN, "a16 b22:" LAYER_B "=b config ", NULL, "a" },
	{ "{a}.tar|damaged;{b}.tar|{B};{id}.json|{config}", "a7 b22:" LAYER_B "=b config ", NULL,
	  "a" },
	{ DOCKER_OLD, "?22 config ?16 ", NULL, "?" },
	/* A layer twice, and one of which the name is known once it passed. */
	{ "{a}.tar|{A};{x}/layer.tar|{A};{a}.tar|{A};{b}.tar|{B};{id}.json|{config}",
	  "a16:" LAYER_A "=a ?16:" LAYER_A "=a b22:" LAYER_B "=b config ", NULL, "" },
	/* The first configuration counts; names that only look like it do not. */
	{ "{id}.json|{config};{id}.json|{};{a}.tar|{A};{b}.tar|{B}",
	  "config a16:" LAYER_A "=a b22:" LAYER_B "=b ", NULL, "" },
	{ "../{a}.tar|x;/{a}.tar|x;blobs/sha256/{a}/|;{a}.tar.gz|x;x{id}.json|{};" PODMAN,
	  "a16:" LAYER_A "=a b22:" LAYER_B "=b config ", NULL, "" },
	{ "", NULL, "it has no configuration of sha256:", "" },
	{ "{a}.tar|{A};{b}.tar|{B}", NULL, "it has no configuration of sha256:", "" },
	{ "{id}.json|{};{a}.tar|{A};{b}.tar|{B}", NULL, "its configuration is sha256:", "" },
	{ "{id}.json|", NULL, "its configuration is sha256:", "" },
	{ "{id}.json|{config};{a}.tar|{A}", NULL, "it lacks the layer sha256:", "" },
	{ "{id}.json|{config};{a}.tar|{B}", NULL, "has the bytes of sha256:", "" },
	{ "{id}.json|{config};{a}.tar|", NULL, "has the bytes of sha256:", "" },
	{ "{id}.json|{config};{x}/layer.tar|other", NULL, "is no layer of the image", "" },
	{ "{id}.json|{config};{a}.tar>{b}.tar;{b}.tar|{B}", NULL, "it lacks the layer sha256:",
	  "" },
};

struct notes {
	const struct export_sample *sample;
	const char *unwanted;
	struct buf text;
};

static char letter_of(const struct notes *notes, const char *diff_id)
{
	if (!diff_id)
		return '?';
	return str_equal(diff_id, notes->sample->a) ? 'a' : 'b';
}

static int note_config(void *arg, struct slice bytes, struct error *err)
{
	struct notes *notes = arg;

	(void)err;
	assert_true(slice_is(bytes, notes->sample->config));
	buf_add_text(&notes->text, "config ");
	return 0;
}

static int note_begin(void *arg, const char *diff_id, int64_t size, bool *ret_is_wanted,
		      struct error *err)
{
	struct notes *notes = arg;
	char letter = letter_of(notes, diff_id);

	(void)err;
	*ret_is_wanted = !strchr(notes->unwanted, letter);
	buf_add_format(&notes->text, "%c%d%c", letter, (int)size, *ret_is_wanted ? ':' : ' ');
	return 0;
}

static int note_data(void *arg, const void *data, size_t len, struct error *err)
{
	struct notes *notes = arg;

	(void)err;
	buf_add(&notes->text, data, len);
	return 0;
}

static int note_end(void *arg, const char *diff_id, struct error *err)
{
	struct notes *notes = arg;

	(void)err;
	buf_add_format(&notes->text, "=%c ", letter_of(notes, diff_id));
	return 0;
}

static struct engine_export notes_export(struct notes *notes)
{
	return (struct engine_export){ .config = note_config,
				       .layer_begin = note_begin,
				       .layer_data = note_data,
				       .layer_end = note_end,
				       .arg = notes,
				       .layers = &notes->sample->layers };
}

static int read_archive(struct notes *notes, struct slice bytes, size_t piece_len,
			struct error *err)
{
	const struct engine_export to = notes_export(notes);
	AUTO(export_archive_freep) struct export_archive *archive = NULL;

	if (export_archive_new(notes->sample->id, &to, &archive, err))
		return -1;
	while (bytes.len) {
		size_t len = bytes.len < piece_len ? bytes.len : piece_len;

		if (export_archive_feed(archive, bytes.data, len, err))
			return -1;
		bytes = slice_skip(bytes, len);
	}
	return export_archive_finish(archive, err);
}

static void check_row(const struct row *row, const struct export_sample *sample, size_t piece_len)
{
	AUTO(buf_release) struct buf archive = BUF_INIT(MIB);
	struct notes notes = { sample, row->unwanted, BUF_INIT(MIB) };
	struct error err = { 0 };
	int status;

	export_sample_archive(sample, row->entries, &archive);
	status = read_archive(&notes, buf_slice(&archive), piece_len, &err);
	if (status != (row->notes ? 0 : -1))
		fail_msg("%s: %s", row->entries, err.message);
	if (row->notes) {
		assert_string_equal(notes.text.data, row->notes);
	} else {
		assert_int_equal(err.kind, ERROR_PROTOCOL);
		if (!strstr(err.message, row->message))
			fail_msg("%s: %s", row->entries, err.message);
	}
	buf_release(&notes.text);
}

static void test_each_shape_and_each_fault(void **state)
{
	struct export_sample sample;

	(void)state;
	export_sample_init(&sample);
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		check_row(&table[i], &sample, SIZE_MAX);
		check_row(&table[i], &sample, 1);
		check_row(&table[i], &sample, 700);
	}
	export_sample_release(&sample);
}

static void test_configuration_with_other_layers(void **state)
{
	struct export_sample sample;
	struct notes notes = { &sample, "", BUF_INIT(MIB) };
	AUTO(buf_release) struct buf archive = BUF_INIT(MIB);
	struct error err = { 0 };

	(void)state;
	export_sample_init(&sample);
	export_sample_archive(&sample, PODMAN, &archive);
	strv_remove(&sample.layers, 2);
	assert_int_equal(read_archive(&notes, buf_slice(&archive), SIZE_MAX, &err), -1);
	assert_int_equal(err.kind, ERROR_PROTOCOL);
	assert_non_null(strstr(err.message, "other layers than the engine told"));
	buf_release(&notes.text);
	export_sample_release(&sample);
}

/* One that never ends, and one whose files have no bytes. */
static void test_archive_without_bounds(void **state)
{
	AUTO(buf_release) struct buf entries = BUF_INIT(MIB), archive = BUF_INIT(64 * MIB);
	struct export_sample sample;
	struct notes notes = { &sample, "", BUF_INIT(MIB) };
	struct error err = { 0 };

	(void)state;
	export_sample_init(&sample);
	for (int i = 0; i < 10001; i++)
		buf_add_text(&entries, "x|;");
	export_sample_archive(&sample, entries.data, &archive);
	assert_int_equal(read_archive(&notes, buf_slice(&archive), SIZE_MAX, &err), -1);
	assert_non_null(strstr(err.message, "more entries than an image"));
	export_sample_release(&sample);
}

#define INFO_CONTAINERD "{\"DriverStatus\":[[\"driver-type\",\"io.containerd.snapshotter.v1\"]]}"

static int export_from(const char *ping, const struct peer_row *rows, struct notes *notes,
		       struct error *err)
{
	const struct engine_export to = notes_export(notes);
	static struct peer peer;
	struct engine *engine = peer_engine(&peer, ping, rows, NULL);
	int status = engine->ops->export_image(engine, notes->sample->id, &to, err);

	peer_finish(&peer, engine);
	return status;
}

static void test_over_the_engines_socket(void **state)
{
	static const struct {
		const char *ping, *info;
		struct peer_row answer;
		enum error_kind kind;
		const char *message;
	} rows[] = {
		{ PING_DOCKER, NULL, { .piece = 700 }, ERROR_NONE, NULL },
		{ PING_DOCKER, NULL, { .end = PEER_HOLD }, ERROR_NONE, NULL },
		{ PING_DOCKER, NULL, { .end = PEER_CUT }, ERROR_UNREACHABLE, "the engine" },
		{ PING_DOCKER, NULL, { .status = 404, .body = "{\"message\":\"No such image\"}" },
		  ERROR_NOT_FOUND, "No such image" },
		{ PING_DOCKER, NULL, { .body = "{\"errorDetail\":{\"message\":\"no\"}}" },
		  ERROR_PROTOCOL, "the engine's export of sha256:" },
		{ "Api-Version: 1.45\r\nServer: Docker/26.1.5\r\n", INFO_CONTAINERD, { 0 },
		  ERROR_UNSUPPORTED, "stores layers as a registry does" },
	};
	AUTO(buf_release) struct buf archive = BUF_INIT(MIB);
	struct export_sample sample;

	(void)state;
	export_sample_init(&sample);
	export_sample_archive(&sample, DOCKER_OLD, &archive);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct notes notes = { &sample, "", BUF_INIT(MIB) };
		struct peer_row script[3] = { { 0 } };
		struct error err = { 0 };
		char url[128];

		snprintf(url, sizeof(url), "GET /v1.41/images/%.64s/get ", sample.id + 7);
		script[0] = rows[i].answer;
		script[0].request = url;
		if (!script[0].body) {
			script[0].body = archive.data;
			script[0].len = archive.len;
		}
		if (rows[i].info)
			script[0] = (struct peer_row){ .request = "GET /v1.45/info",
						       .body = rows[i].info };
		export_from(rows[i].ping, script, &notes, &err);
		if (err.kind != rows[i].kind)
			fail_msg("%zu: %s", i, err.message);
		if (rows[i].message)
			assert_non_null(strstr(err.message, rows[i].message));
		else
			assert_string_equal(notes.text.data, table[0].notes);
		buf_release(&notes.text);
	}
	export_sample_release(&sample);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_shape_and_each_fault),
		cmocka_unit_test(test_configuration_with_other_layers),
		cmocka_unit_test(test_archive_without_bounds),
		cmocka_unit_test(test_over_the_engines_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
