/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "context/selection.h"

static const struct {
	const char *text, *shown; /* kind and paths, as they are kept */
} texts[] = {
	{ "all", "0" },
	{ "nothing", "1" },
	{ "only:src", "2 src" },
	{ "only: src  lib/x\t./a//b/", "2 a/b lib/x src" },
	{ "allbut:docs", "3 docs" },
	{ "only:my\\ file back\\\\slash end\\", "2 back\\slash end\\ my file" },
	{ "only:*.c a:b", "2 *.c a:b" },
	{ "only:a/../b ...", "2 ... b" },
	{ "only:a/b/c a-b a a/b b a b/c/d", "2 a a-b b" },
};

static char *show(const struct selection *selection, struct buf *out)
{
	buf_reset(out);
	buf_add_format(out, "%d", (int)selection->kind);
	for (size_t i = 0; i < selection->paths.len; i++)
		buf_add_format(out, " %s", selection->paths.items[i]);
	return out->data;
}

static void test_a_selection_is_read(void **state)
{
	AUTO(buf_release) struct buf shown = BUF_INIT(200);
	struct error err = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		AUTO(selection_release) struct selection selection = { 0 };

		assert_int_equal(selection_add(&selection, texts[i].text, &err), 0);
		assert_string_equal(show(&selection, &shown), texts[i].shown);
	}
}

static const struct {
	const char *text, *message;
} errors[] = {
	{ "", "expected all, nothing, only:PATH... or allbut:PATH..., not ''" },
	{ "some", "expected all, nothing, only:PATH... or allbut:PATH..., not 'some'" },
	{ "All", "expected all, nothing, only:PATH... or allbut:PATH..., not 'All'" },
	{ "nothing:x", "expected all, nothing, only:PATH... or allbut:PATH..., not 'nothing:x'" },
	{ "only:", "there is no path behind the colon" },
	{ "allbut:  ", "there is no path behind the colon" },
	{ "only:a /etc", "expected paths below the context's folder, not '/etc'" },
	{ "only:../a", "expected paths below the context's folder, not '../a'" },
	{ "allbut:a/../..", "expected paths below the context's folder, not 'a/../..'" },
	{ "only:a/..", "'a/..' is the whole context" },
};

static void test_what_is_none_is_refused(void **state)
{
	AUTO(buf_release) struct buf shown = BUF_INIT(200);
	AUTO(selection_release) struct selection selection = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(selection_add(&selection, "only:kept", &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		assert_int_equal(selection_add(&selection, errors[i].text, &err), -1);
		assert_string_equal(err.message, errors[i].message);
		assert_int_equal(err.kind, ERROR_INPUT);
		assert_string_equal(show(&selection, &shown), "2 kept");
		error_clear(&err);
	}
}

static void test_paths_of_one_kind_join(void **state)
{
	AUTO(buf_release) struct buf shown = BUF_INIT(200);
	AUTO(selection_release) struct selection selection = { 0 }, copy = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(selection_add(&selection, "only:b", &err), 0);
	assert_int_equal(selection_add(&selection, "only:a", &err), 0);
	assert_int_equal(selection_copy(&selection, &copy, &err), 0);
	assert_string_equal(show(&copy, &shown), "2 a b");
	assert_int_equal(selection_add(&selection, "allbut:c", &err), 0);
	assert_string_equal(show(&selection, &shown), "3 c");
	assert_int_equal(selection_add(&selection, "all", &err), 0);
	assert_string_equal(show(&selection, &shown), "0");
}

static const struct {
	const char *text, *path;
	enum selection_verdict verdict;
} verdicts[] = {
	{ "all", "", SELECTION_WHOLE },
	{ "all", "a/b", SELECTION_WHOLE },
	{ "nothing", "", SELECTION_NONE },
	{ "nothing", "a", SELECTION_NONE },
	{ "only:a/b c", "", SELECTION_ENTER },
	{ "only:a/b c", "a", SELECTION_ENTER },
	{ "only:a/b c", "a/b", SELECTION_WHOLE },
	{ "only:a/b c", "a/b/x/y", SELECTION_WHOLE },
	{ "only:a/b c", "a/bb", SELECTION_NONE },
	{ "only:a/b c", "c", SELECTION_WHOLE },
	{ "only:a/b c", "cc", SELECTION_NONE },
	{ "only:a/b c", "b", SELECTION_NONE },
	{ "only:a-b a.c a/b", "a", SELECTION_ENTER },
	{ "only:a-b a0 ab", "a", SELECTION_NONE },
	{ "only:a a/b", "a/c", SELECTION_WHOLE },
	{ "only:\xc3\xa9/x", "\xc3\xa9", SELECTION_ENTER },
	{ "allbut:a/b c", "", SELECTION_PART },
	{ "allbut:a/b c", "a", SELECTION_PART },
	{ "allbut:a/b c", "a/b", SELECTION_NONE },
	{ "allbut:a/b c", "a/b/x", SELECTION_NONE },
	{ "allbut:a/b c", "a/c", SELECTION_WHOLE },
	{ "allbut:a/b c", "c/d", SELECTION_NONE },
	{ "allbut:a/b c", "d", SELECTION_WHOLE },
};

static void test_each_path_is_judged_with_what_is_below(void **state)
{
	struct error err = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		AUTO(selection_release) struct selection selection = { 0 };
		enum selection_verdict verdict;

		assert_int_equal(selection_add(&selection, verdicts[i].text, &err), 0);
		verdict = selection_judge(&selection, verdicts[i].path);
		if (verdict != verdicts[i].verdict)
			fail_msg("'%s' on '%s': %d", verdicts[i].text, verdicts[i].path, verdict);
		assert_int_equal(selection_has(&selection, verdicts[i].path),
				 verdict == SELECTION_WHOLE || verdict == SELECTION_PART);
	}
	assert_int_equal(selection_judge(NULL, "a"), SELECTION_WHOLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_selection_is_read),
		cmocka_unit_test(test_what_is_none_is_refused),
		cmocka_unit_test(test_paths_of_one_kind_join),
		cmocka_unit_test(test_each_path_is_judged_with_what_is_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
