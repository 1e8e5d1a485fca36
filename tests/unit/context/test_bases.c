/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "context/bases.h"

static const struct {
	const char *text, *bases; /* NULL: not to be known */
} bases[] = {
	{ "FROM scratch", "" },
	{ "FROM a\nFROM b:1 AS x\nFROM x\nFROM a", "a b:1" },
	{ "FROM later\nFROM x AS later", "later x" },
	{ "FROM a AS One\nFROM scratch\nCOPY --from=one / /\nCOPY --from=0 / /\n"
	  "COPY --from=c / /\nRUN --mount=type=bind,from=d true",
	  "a c d" },
	{ "ARG V=3\nFROM a:$V\nFROM b:${V}-x\nFROM ${V:-4}", "a:3 b:3-x 3" },
	{ "ARG V\nFROM a:${V:-4}\nFROM b:${V-5}", "a:4 b:5" },
	{ "ARG V=\nFROM a:${V:-4}\nFROM b${V-5}", "a:4 b" },
	{ "ARG A=1\nARG B=$A.2\nARG A=9\nFROM a:$B", "a:1.2" },
	{ "ARG GIVEN=1\nFROM a:$GIVEN", "a:7" },
	{ "ARG GIVEN\nFROM a:$GIVEN", "a:7" },
	{ "FROM a:$GIVEN", NULL },
	{ "FROM a\nARG V=1\nFROM b:$V", NULL },
	{ "ARG V=$V\nFROM a:$V", NULL },
	{ "FROM a:$TARGETARCH", NULL },
	{ "ARG V\nFROM a:$V", NULL },
	{ "ARG V=1\nFROM a:${V:+2}", NULL },
	{ "ARG V=1\nFROM a:${V", NULL },
	{ "ARG V=\nFROM $V", NULL },
	{ "FROM a\nCOPY --from=$X / /", NULL },
	{ "FROM a\nADD b.tar c /", "a" },
	{ "FROM a\nADD https://example.com/x /", NULL },
	{ "FROM a\nADD --chmod=644 git@example.com:x.git /", NULL },
	{ "FROM a\nADD [\"$X\", \"/\"]", NULL },
	{ "FROM a\nADD deploy@example.com:x.git /", NULL },
	{ "FROM a\nRUN --mount=type=bind,FROM=b true", "a b" },
	{ "FROM a\nRUN --mount=\"from=b,type=bind\" true\nRUN --mount='from=c' true", "a b c" },
	{ "FROM a\nRUN --mount=type=bind,\"from=b\" true", NULL },
};

static void test_what_a_dockerfile_stands_on(void **state)
{
	struct strmap args = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(strmap_set(&args, "GIVEN", "7", &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		AUTO(dockerfile_release) struct dockerfile dockerfile = { 0 };
		AUTO(strv_release) struct strv found = { 0 };
		AUTO(buf_release) struct buf text = BUF_INIT(200);

		assert_int_equal(dockerfile_parse(slice_of(bases[i].text), "D", &dockerfile, &err),
				 0);
		assert_int_equal(dockerfile_bases(&dockerfile, &args, &found, &err),
				 bases[i].bases ? 1 : 0);
		for (size_t j = 0; j < found.len; j++)
			buf_add_format(&text, "%s%s", j ? " " : "", found.items[j]);
		assert_string_equal(text.len ? text.data : "",
				    bases[i].bases ? bases[i].bases : "");
	}
	strmap_release(&args);
}

static const struct {
	const char *text, *target, *bases;
} known[] = {
	{ "FROM a\nADD https://example.com/x /\nCOPY --from=b / /", NULL, "a b" },
	{ "FROM a AS x\nFROM b:$TARGETARCH\nCOPY --from=$V / /\nFROM x", NULL, "a" },
	{ "FROM a AS x\nCOPY --from=b / /\nFROM c AS y\nCOPY --from=d / /", "X", "a b" },
	{ "FROM a AS x\nFROM c AS y\nFROM d", "1", "a c" },
	{ "FROM a AS x\nFROM c", "none", "a c" },
	{ "FROM scratch", NULL, "" },
};

static void test_what_is_known_without_the_builder(void **state)
{
	const struct strmap args = { 0 };
	struct error err = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		AUTO(dockerfile_release) struct dockerfile dockerfile = { 0 };
		AUTO(strv_release) struct strv found = { 0 };
		AUTO(buf_release) struct buf text = BUF_INIT(200);

		assert_int_equal(dockerfile_parse(slice_of(known[i].text), "D", &dockerfile, &err),
				 0);
		assert_int_equal(
			dockerfile_known_bases(&dockerfile, known[i].target, &args, &found, &err),
			0);
		for (size_t j = 0; j < found.len; j++)
			buf_add_format(&text, "%s%s", j ? " " : "", found.items[j]);
		assert_string_equal(text.data, known[i].bases);
	}
}

static const struct {
	const char *text;
	const char *target;
	const char *base; /* NULL: none */
} targets[] = {
	{ "FROM r.example.com/base:1\nRUN x\n", NULL, "r.example.com/base:1" },
	{ "FROM scratch\n", NULL, NULL },
	{ "FROM a AS One\nFROM b\nFROM one\n", NULL, "a" },
	{ "FROM a AS one\nFROM one AS two\nFROM b\n", "two", "a" },
	{ "FROM a AS one\nFROM one AS two\nFROM b\n", "ONE", "a" },
	{ "FROM a AS one\nFROM b\n", "0", "a" },
	{ "FROM a AS one\nFROM b\n", "2", NULL },
	{ "FROM a AS one\nFROM b\n", "three", NULL },
	{ "FROM scratch AS one\nFROM one\n", NULL, NULL },
	/* A stage is none before itself. */
	{ "FROM one AS one\n", NULL, "one" },
	{ "ARG TAG=7\nFROM a:$TAG\n", NULL, "a:7" },
	{ "ARG TAG=7\nARG HOST\nFROM ${HOST}/a:${TAG}x\n", NULL, "given.example.com/a:7x" },
	{ "ARG TAG=7\nFROM a:${TAG:-8}\n", NULL, "a:7" },
	{ "ARG TAG=\nFROM a:${TAG:-8}\n", NULL, "a:8" },
	{ "ARG TAG=7\nARG TAG=8\nFROM a:$TAG\n", NULL, "a:8" },
	{ "ARG TAG=one\nFROM a AS one\nFROM $TAG\n", NULL, "a" },
	{ "FROM a AS one\nFROM b AS one\nFROM one\n", NULL, "b" },
	/* What the stage does not stand on need not be known. */
	{ "FROM a AS one\nFROM $X\nFROM one\nADD https://example.com/x /\n", NULL, "a" },
	{ "FROM a:$TAG\n", NULL, NULL },
	{ "ARG A=$B\nFROM a:$A\n", NULL, NULL },
	{ "FROM a:$\n", NULL, NULL },
	{ "FROM a:${TAG\n", NULL, NULL },
};

static void test_what_a_stage_stands_on(void **state)
{
	struct strmap args = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(strmap_set(&args, "HOST", "given.example.com", &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		AUTO(dockerfile_release) struct dockerfile dockerfile = { 0 };
		AUTOFREE char *base = NULL;

		assert_int_equal(
			dockerfile_parse(slice_of(targets[i].text), "D", &dockerfile, &err), 0);
		assert_int_equal(
			dockerfile_base_of(&dockerfile, targets[i].target, &args, &base, &err),
			targets[i].base ? 1 : 0);
		if (!str_equal(base, targets[i].base))
			fail_msg("%s: %s", targets[i].text, base ? base : "(none)");
	}
	strmap_release(&args);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_a_dockerfile_stands_on),
		cmocka_unit_test(test_what_is_known_without_the_builder),
		cmocka_unit_test(test_what_a_stage_stands_on),
	};

	return cmocka_run_group_tests_name("context/bases", tests, NULL, NULL);
}
