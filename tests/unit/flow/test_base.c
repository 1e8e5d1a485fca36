/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/base.h"

static const struct {
	const char *text;
	const char *target;
	const char *base; /* NULL: none */
} table[] = {
	{ "FROM r.example.com/base:1\nRUN x\n", NULL, "r.example.com/base:1" },
	{ "FROM scratch\n", NULL, NULL },
	{ "FROM a AS One\nFROM b\nFROM one\n", NULL, "a" },
	{ "FROM a AS one\nFROM one AS two\nFROM b\n", "two", "a" },
	{ "FROM a AS one\nFROM one AS two\nFROM b\n", "ONE", "a" },
	{ "FROM a AS one\nFROM b\n", "0", "a" },
	{ "FROM a AS one\nFROM b\n", "three", NULL },
	/* A stage is none before itself. */
	{ "FROM one AS one\n", NULL, "one" },
	{ "ARG TAG=7\nFROM a:$TAG\n", NULL, "a:7" },
	{ "ARG TAG=7\nARG HOST\nFROM ${HOST}/a:${TAG}x\n", NULL, "given.example.com/a:7x" },
	{ "ARG TAG=7\nFROM a:${TAG:-8}\n", NULL, NULL },
	{ "FROM a:$TAG\n", NULL, NULL },
	{ "ARG A=$B\nFROM a:$A\n", NULL, NULL },
	{ "FROM a:$\n", NULL, NULL },
	{ "FROM a:${TAG\n", NULL, NULL },
};

static void test_what_an_image_stands_on(void **state)
{
	struct strmap build_args = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(strmap_set(&build_args, "HOST", "given.example.com", &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct dockerfile dockerfile = { 0 };
		char *base;

		assert_int_equal(dockerfile_parse(slice_of(table[i].text), "Dockerfile",
						  &dockerfile, &err),
				 0);
		base = base_of(&dockerfile, table[i].target, &build_args);
		if (!str_equal(base, table[i].base))
			fail_msg("%s: %s", table[i].text, base ? base : "(none)");
		free(base);
		dockerfile_release(&dockerfile);
	}
	strmap_release(&build_args);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_an_image_stands_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
