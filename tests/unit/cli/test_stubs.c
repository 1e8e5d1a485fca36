/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "cli/stubs.h"

static void test_stubs_are_whole(void **state)
{
	(void)state;
	for (const struct stub *stub = stubs; stub->hook; stub++) {
		struct error err = { 0 };
		AUTOFREE char *text = stub_make(stub->hook, "/opt/it's/git-image", &err);
		char *last = NULL;

		assert_non_null(text);
		assert_true(str_starts(text, "#!/bin/sh\n"));
		assert_non_null(strstr(text, "\nprogram='/opt/it'\\''s/git-image'\n"));
		assert_null(strstr(text, "@PROGRAM@"));
		assert_true(asprintf(&last, "\nexec \"$program\" hook run %s -- \"$@\"\n",
				     stub->hook) > 0);
		assert_true(str_ends(text, last));
		free(last);
	}
}

static void test_unknown_hook(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_null(stub_make("pre-commit", "/bin/git-image", &err));
	assert_string_equal(err.message,
			    "no hook 'pre-commit': there are post-commit and pre-push");
	assert_int_equal(err.kind, ERROR_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stubs_are_whole),
		cmocka_unit_test(test_unknown_hook),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
