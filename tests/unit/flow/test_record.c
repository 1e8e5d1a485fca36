/* SPDX-License-Identifier: MIT */
#include "../git/fixture.h"

#include <stdio.h>

#include "base/limits.h"
#include "flow/ledger/record.h"

#define LINE(more)                                                                                 \
	"{\"v\":1,\"kind\":\"build\",\"run\":\"1\",\"image\":\"app\",\"id\":\"sha256:1\"" more "}"

static struct record_list parse(const char *note)
{
	struct record_list list = { 0 };
	const struct seal seal = { 0 };
	struct error err = { 0 };

	assert_int_equal(record_parse(&seal, "1", slice_of(note), &list, &err), 0);
	return list;
}

static void test_what_is_no_record_is_passed_over(void **state)
{
	AUTO(record_list_release)
	struct record_list list = parse("no JSON\n{\"v\":2}\n[]\n\n" LINE(",\"key\":\"k\"") "\n{}");

	(void)state;
	assert_int_equal(list.len, 1);
	assert_string_equal(list.items[0].key, "k");
	assert_false(list.items[0].is_sealed);
}

/* Else a note of a megabyte, which anybody may push, takes a minute to read. */
static void test_a_line_that_is_too_long_is_none(void **state)
{
	AUTO(buf_release) struct buf note = BUF_INIT(LIMIT_NOTE);

	(void)state;
	for (size_t len = LIMIT_RECORD - 10; len <= LIMIT_RECORD + 10; len++) {
		AUTO(record_list_release) struct record_list list = { 0 };

		buf_reset(&note);
		buf_add_text(&note, LINE(",\"key\":\""));
		buf_truncate(&note, note.len - 1);
		while (note.len < len - 2)
			buf_add_char(&note, 'x');
		buf_add_text(&note, "\"}\n" LINE(""));
		list = parse(note.data);
		assert_int_equal(list.len, len <= LIMIT_RECORD ? 2 : 1);
	}
}

static void test_inputs_are_left_out_of_a_line_that_would_be(void **state)
{
	AUTO(record_list_release) struct record_list list = { 0 };
	AUTO(repo_freep) struct git_repo *repo = NULL;
	static char run[] = "r", image[] = "app", id[] = "sha256:1", key[] = "k";
	struct record record = { .run = run, .image = image, .id = id, .key = key };
	const struct record_list one = { .items = &record, .len = 1 };
	AUTO(seal_release) struct seal seal = { 0 };
	struct error err = { 0 };
	const char *sha;

	(void)state;
	fixture_run("git init -q r; cd r; git commit -q --allow-empty -m 1");
	repo = fixture_open("r");
	assert_int_equal(seal_open(fixture_root(), SEAL_MAKE, &seal, &err), 0);
	sha = fixture_output("git -C r rev-parse HEAD");
	for (int i = 0; i < 1000; i++) {
		char name[16];

		snprintf(name, sizeof(name), "extra/%d", i);
		assert_int_equal(strmap_set(&record.inputs, name,
					    "0123456789012345678901234567890123456789"
					    "012345678901234567890123",
					    &err),
				 0);
	}
	assert_int_equal(record_add(repo, &seal, sha, &one, &err), 0);
	assert_int_equal(record_read(repo, &seal, sha, &list, &err), 0);
	assert_int_equal(list.len, 1);
	assert_string_equal(list.items[0].key, "k");
	assert_int_equal(list.items[0].inputs.len, 0);
	strmap_release(&record.inputs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_no_record_is_passed_over),
		cmocka_unit_test(test_a_line_that_is_too_long_is_none),
		cmocka_unit_test(test_inputs_are_left_out_of_a_line_that_would_be),
	};

	return cmocka_run_group_tests(tests, fixture_start, fixture_end);
}
