/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "codec/json-edit.h"
#include "codec/json.h"

#define PARENT "auths"
#define KEY    "r.io"
#define VALUE  "{\n\t\"auth\": \"x\"\n}"

const char *const fuzz_seeds[] = {
	"{\n\t\"auths\": {\n\t\t\"r.io\": {\n\t\t\t\"auth\": \"a\"\n\t\t}\n\t},\n\t\"x\": [1]\n}\n",
	"{\"a\":\"\\\"}\\\\\",\"auths\":{\"\\u0072.io\":[{}],\"o.io\":{\"b\":-1.5e3}},\"c\":null}",
	"{ \"n\" : true , \"auths\" : { } , \"m\":{\"auths\":{\"r.io\":0}} }",
	"",
	NULL,
};

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* All members but one, as text. */
static void print_others(const struct json *object, const char *but, struct buf *out)
{
	struct json_writer writer = JSON_WRITER(out);

	for (struct json *member = json_first(object); member; member = json_next(member))
		if (strcmp(json_key(member), but) != 0)
			json_add_value(&writer, json_key(member), member);
}

static void print_all(const struct buf *text, struct buf *out)
{
	struct error err = { 0 };
	AUTO(json_freep) struct json *json = json_parse(buf_slice(text), &err);

	require(json);
	print_others(json, PARENT, out);
	print_others(json_get(json, PARENT), KEY, out);
}

static void check_set(const struct buf *text)
{
	struct error err = { 0 };
	AUTO(json_freep) struct json *json = json_parse(buf_slice(text), &err);
	const struct json *entry;

	require(json);
	entry = json_path(json, PARENT, KEY, NULL);
	require(json_count(entry) == 1);
	require(!strcmp(json_text(json_get(entry, "auth")), "x"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(buf_release) struct buf text = BUF_INIT(1 << 20), before = BUF_INIT(1 << 22);
	AUTO(buf_release) struct buf after = BUF_INIT(1 << 22);
	struct error err = { 0 };
	bool is_empty;

	buf_add(&text, data, size);
	is_empty = !slice_trim(buf_slice(&text)).len;
	if (json_edit_set(&text, PARENT, KEY, SLICE(VALUE), &err)) {
		require(text.len == size && (!size || !memcmp(text.data, data, size)));
		return 0;
	}
	check_set(&text);
	print_all(&text, &after);
	if (!is_empty) {
		AUTO(buf_release) struct buf original = BUF_INIT(1 << 20);

		buf_add(&original, data, size);
		print_all(&original, &before);
		require(slice_equal(buf_slice(&before), buf_slice(&after)));
	}
	require(json_edit_remove(&text, PARENT, KEY, &err) == 1);
	require(json_edit_remove(&text, PARENT, KEY, &err) == 0);
	buf_reset(&before);
	print_all(&text, &before);
	require(slice_equal(buf_slice(&before), buf_slice(&after)));
	return 0;
}
