/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "context/bases.h"
#include "context/rewrite.h"
#include "context/variant.h"

/* Each place of `old`, with the argument V = old, becomes "new". */
static const struct {
	const char *text, *expected;
} replaced[] = {
	{ "FROM old", "FROM new" },
	{ "from  old  as X\n", "from  new  as X\n" },
	{ "\xef\xbb\xbf"
	  "FROM\told\r\nRUN old\r\n",
	  "\xef\xbb\xbf"
	  "FROM\tnew\r\nRUN old\r\n" },
	{ "# FROM old\nFROM --platform=linux/arm64 old AS Old2\nFROM other\nFROM old2\n",
	  "# FROM old\nFROM --platform=linux/arm64 new AS Old2\nFROM other\nFROM old2\n" },
	{ "FROM \"old\" AS b", "FROM new AS b" },
	{ "FROM 'o'l\"d\"", "FROM new" },
	{ "ARG V=x\nFROM ${V} AS b", "ARG V=x\nFROM new AS b" },
	{ "ARG V\nFROM $V", "ARG V\nFROM new" },
	{ "ARG V\nARG W=$V\nFROM $W", "ARG V\nARG W=$V\nFROM new" },
	{ "FROM $V", "FROM $V" },

	/* Lines that are continued. */
	{ "FROM \\\n  old \\\n  AS b", "FROM \\\n  new \\\n  AS b" },
	{ "FROM ol\\\nd AS b\n", "FROM \\\nnew AS b\n" },
	{ "FROM o\\ \n# l\nl\\\n\nd\nRUN x\n", "FROM \\ \n# l\n\\\n\nnew\nRUN x\n" },
	{ "# escape=`\nFROM o`\nld", "# escape=`\nFROM `\nnew" },

	/* Stages, numbers and what only looks like it. */
	{ "FROM a AS old\nFROM old\nCOPY --from=old / /",
	  "FROM a AS old\nFROM old\nCOPY --from=old / /" },
	{ "FROM old\nFROM b AS old\nFROM old", "FROM new\nFROM b AS old\nFROM old" },
	{ "FROM old:1\nFROM x/old\nFROM oldx\nRUN <<E\nFROM old\nE\n",
	  "FROM old:1\nFROM x/old\nFROM oldx\nRUN <<E\nFROM old\nE\n" },

	/* Other places. */
	{ "FROM a\nCOPY --chown=1 --from=old old /\nCOPY --from='old' / /\nCOPY --from=0 / /",
	  "FROM a\nCOPY --chown=1 --from=new old /\nCOPY --from=new / /\nCOPY --from=0 / /" },
	{ "FROM a\nRUN --mount=type=bind,from=old,target=/x --mount=from=old,target=/old old",
	  "FROM a\nRUN --mount=type=bind,from=new,target=/x --mount=from=new,target=/old old" },
	{ "FROM a\nRUN --mount type=bind,from=o\\\nld y",
	  "FROM a\nRUN --mount type=bind,from=\\\nnew y" },
	{ "FROM a\nONBUILD COPY --from=old / /\nRUN x --mount=from=old",
	  "FROM a\nONBUILD COPY --from=old / /\nRUN x --mount=from=old" },
};

static void replace(struct slice text, const char *from, const char *to, struct buf *out)
{
	AUTO(dockerfile_release) struct dockerfile dockerfile = { 0 };
	AUTO(strmap_release) struct strmap args = { 0 }, replacements = { 0 };
	struct error err = { 0 };

	assert_int_equal(dockerfile_parse(text, "D", &dockerfile, &err), 0);
	assert_int_equal(strmap_set(&args, "V", "old", &err), 0);
	assert_int_equal(strmap_set(&replacements, from, to, &err), 0);
	assert_int_equal(dockerfile_replace_bases(
				 text, &dockerfile,
				 &(struct base_replacements){ &args, &replacements }, out, &err),
			 0);
}

static void test_only_the_names_of_bases_are_replaced(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(replaced); i++) {
		AUTO(buf_release) struct buf out = BUF_INIT(1000);

		replace(slice_of(replaced[i].text), "old", "new", &out);
		assert_string_equal(out.data, replaced[i].expected);
	}
}

static const struct {
	const char *text, *stage, *expected; /* the text, or the error */
	const char *hint;
} variants[] = {
	{ "FROM --platform=p a:1 AS x\n# FROM a\nFROM b AS y\n", NULL,
	  "FROM --platform=p new AS x\n# FROM a\nFROM b AS y\n", NULL },
	{ "FROM a:1 AS x\nFROM b AS y\n", "Y", "FROM a:1 AS x\nFROM new AS y\n", NULL },
	{ "FROM a:1\nFROM b", "1", "FROM a:1\nFROM new", NULL },
	{ "ARG B=a\nFROM ${B:-c}\nFROM ${B}", NULL, "ARG B=a\nFROM new\nFROM ${B}", NULL },
	{ "FROM $GIVEN", NULL, "FROM new", NULL },
	{ "FROM a", "x", "D: there is no stage 'x' (image.variantStage)",
	  "it is the NAME of 'FROM ... AS NAME', or a number from 0" },
	{ "FROM a", "1", "D: there is no stage '1' (image.variantStage)",
	  "it is the NAME of 'FROM ... AS NAME', or a number from 0" },
	{ "\nFROM scratch\nFROM a AS x", NULL,
	  "D:2: the stage begins with 'scratch', not with an image (image.base)",
	  "image.variantStage = x names a stage that does" },
	{ "FROM scratch\nFROM a", NULL,
	  "D:1: the stage begins with 'scratch', not with an image (image.base)",
	  "image.variantStage = 1 names a stage that does" },
	{ "FROM scratch", NULL,
	  "D:1: the stage begins with 'scratch', not with an image (image.base)",
	  "no stage of it begins with an image" },
	{ "FROM a AS x\nFROM X AS y", "y",
	  "D:2: the stage begins with the stage 'X', not with an image (image.base)",
	  "image.variantStage = x names a stage that does" },
	{ "ARG S=x\nFROM a AS x\nFROM $S", "1",
	  "D:3: the stage begins with the stage '$S', not with an image (image.base)",
	  "image.variantStage = x names a stage that does" },
};

static void test_a_variant_has_another_base(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(variants); i++) {
		AUTO(dockerfile_release) struct dockerfile dockerfile = { 0 };
		AUTO(buf_release) struct buf out = BUF_INIT(1000);
		struct slice text = slice_of(variants[i].text);
		struct error err = { 0 };

		assert_int_equal(dockerfile_parse(text, "D", &dockerfile, &err), 0);
		if (variant_write(&(struct variant){ "D", "new", variants[i].stage }, text,
				  &dockerfile, &out, &err)) {
			assert_int_equal(err.kind, ERROR_INPUT);
			assert_string_equal(err.message, variants[i].expected);
			assert_string_equal(err.hint, variants[i].hint);
		} else {
			assert_string_equal(out.data, variants[i].expected);
		}
	}
}

static uint64_t seed = 1;

static unsigned pick(unsigned count)
{
	seed = seed * 6364136223846793005U + 1442695040888963407U;
	return (unsigned)(seed >> 33) % count;
}

/* Lines made of what makes a difference, torn anywhere. */
static void make_dockerfile(struct buf *out)
{
	static const char *const pieces[] = {
		"FROM old",
		"FROM --platform=$P old AS x",
		"FROM \"old\" AS y",
		"FROM $V",
		"FROM x",
		"FROM other:1 AS old2",
		"ARG V=1",
		"COPY --from=old --chown=1 a b",
		"COPY --from=x a b",
		"RUN --mount=type=bind,from=old,target=/x old FROM old",
		"RUN <<E\nFROM old\nE",
		"# FROM old",
		"",
		"  ENV old=old \\\n  # old",
	};

	buf_add_text(out, pick(4) ? "ARG V=old\nFROM old\n" : "# escape=`\nARG V\nFROM $V\n");
	for (unsigned count = pick(8); count; count--) {
		const char *piece = pieces[pick(ARRAY_SIZE(pieces))];

		for (; *piece; piece++) {
			buf_add_char(out, *piece);
			if (!pick(9))
				buf_add_text(out, pick(5) ? "\\\n" : "\\ \t\r\n# old\n\n");
		}
		buf_add_text(out, pick(6) ? "\n" : "\r\n");
	}
}

static void describe(const struct dockerfile *dockerfile, bool has_bases, struct buf *out)
{
	for (size_t i = 0; i < dockerfile->stage_count; i++) {
		const struct dockerfile_stage *stage = &dockerfile->stages[i];

		buf_add_format(out, "%d %s %s %s\n", stage->line, has_bases ? stage->base : "",
			       stage->name ? stage->name : "-",
			       stage->platform ? stage->platform : "-");
	}
	for (size_t i = 0; i < dockerfile->source_count; i++)
		buf_add_format(out, "%d %d %s\n", dockerfile->sources[i].line,
			       dockerfile->sources[i].stage,
			       has_bases ? dockerfile->sources[i].from : "");
	for (size_t i = 0; i < dockerfile->layer_count; i++)
		buf_add_format(out, "%d ", dockerfile->layers[i].line);
	buf_add_format(out, "%d %d", dockerfile->heredoc_line, dockerfile->mount_line);
}

static size_t count_lines(struct slice text)
{
	size_t lines = 0;

	for (size_t i = 0; i < text.len; i++)
		lines += text.data[i] == '\n';
	return lines;
}

/* Back again, with a name as long as any, all is as it was but for torn words. */
static void check_rewrite(struct slice text, const struct dockerfile *before)
{
	AUTO(dockerfile_release) struct dockerfile after = { 0 };
	AUTO(buf_release) struct buf out = BUF_INIT(64 * KIB), a = BUF_INIT(64 * KIB);
	AUTO(buf_release) struct buf b = BUF_INIT(64 * KIB), again = BUF_INIT(64 * KIB);
	struct error err = { 0 };

	replace(text, "old", "new.example:5000/x@sha256:0", &out);
	if (dockerfile_parse(buf_slice(&out), "D", &after, &err))
		fail_msg("%s: %.*s\n-->\n%s", err.message, (int)text.len, text.data, out.data);
	describe(before, false, &a);
	describe(&after, false, &b);
	if (strcmp(a.data, b.data) != 0)
		fail_msg("%.*s\n-->\n%s", (int)text.len, text.data, out.data);
	assert_int_equal(count_lines(text), count_lines(buf_slice(&out)));
	for (size_t i = 0; i < after.stage_count; i++)
		assert_string_not_equal(after.stages[i].base, "old");
	for (size_t i = 0; i < after.source_count; i++)
		assert_string_not_equal(after.sources[i].from, "old");
	replace(buf_slice(&out), "old", "new", &again);
	assert_string_equal(again.data, out.data);
}

static void test_what_is_rewritten_reads_the_same_but_for_the_bases(void **state)
{
	int read = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		AUTO(dockerfile_release) struct dockerfile dockerfile = { 0 };
		AUTO(buf_release) struct buf text = BUF_INIT(64 * KIB);
		struct error err = { 0 };

		make_dockerfile(&text);
		if (dockerfile_parse(buf_slice(&text), "D", &dockerfile, &err))
			continue;
		read++;
		check_rewrite(buf_slice(&text), &dockerfile);
	}
	assert_true(read > 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_the_names_of_bases_are_replaced),
		cmocka_unit_test(test_a_variant_has_another_base),
		cmocka_unit_test(test_what_is_rewritten_reads_the_same_but_for_the_bases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
