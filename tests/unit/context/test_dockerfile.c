/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "context/dockerfile.h"

/* All that was found, one fact a word. */
static void describe(const struct dockerfile *dockerfile, struct buf *out)
{
	if (dockerfile->syntax)
		buf_add_format(out, " syntax@%d=%s", dockerfile->syntax_line, dockerfile->syntax);
	for (size_t i = 0; i < dockerfile->stage_count; i++) {
		const struct dockerfile_stage *stage = &dockerfile->stages[i];

		buf_add_format(out, " stage@%d=%s", stage->line, stage->base);
		if (stage->name)
			buf_add_format(out, ":%s", stage->name);
		if (stage->platform)
			buf_add_format(out, "(%s)", stage->platform);
		if (stage->has_healthcheck)
			buf_add_text(out, "+health");
	}
	for (size_t i = 0; i < dockerfile->arg_count; i++) {
		const struct dockerfile_arg *arg = &dockerfile->args[i];

		buf_add_format(out, " arg@%d:%d=%s", arg->line, arg->stage, arg->name);
		if (arg->value)
			buf_add_format(out, "=%s", arg->value);
	}
	for (size_t i = 0; i < dockerfile->source_count; i++) {
		const struct dockerfile_source *source = &dockerfile->sources[i];

		buf_add_format(out, " from@%d:%d=%s", source->line, source->stage, source->from);
	}
	if (dockerfile->heredoc_line)
		buf_add_format(out, " heredoc@%d", dockerfile->heredoc_line);
	if (dockerfile->mount_line)
		buf_add_format(out, " mount@%d", dockerfile->mount_line);
}

static const struct {
	const char *text;
	const char *facts;
} files[] = {
	{ "FROM scratch", " stage@1=scratch" },
	{ "from scratch\n", " stage@1=scratch" },
	{ "\xef\xbb\xbf"
	  "FROM a\r\nRUN x\r\n",
	  " stage@1=a" },
	{ "# hello\n\nFROM a AS Base\nRUN x\nFROM --platform=linux/arm64 base as b2\n",
	  " stage@3=a:base stage@5=base:b2(linux/arm64)" },
	{ "FROM --platform=$BUILDPLATFORM \"a:1\"", " stage@1=a:1($BUILDPLATFORM)" },
	{ "  FROM  a   AS   b  ", " stage@1=a:b" },
	{ "FROM a \\\n  AS \\\n b\nARG X", " stage@1=a:b arg@4:0=X" },
	{ "FROM a \\\n# comment\n\n   \n  AS b\nARG X", " stage@1=a:b arg@6:0=X" },
	{ "\\\nFROM a\nARG X", " stage@1=a arg@3:0=X" },
	{ "FROM a\nRUN echo \\\\\nARG X", " stage@1=a arg@3:0=X" },
	{ "FROM a\nRUN echo \\ \t\nARG X", " stage@1=a" },

	/* Arguments. */
	{ "ARG V=1\nFROM a:$V\nARG SHA\n", " stage@2=a:$V arg@1:-1=V=1 arg@3:0=SHA" },
	{ "FROM a\narg A B=2 C=\"x y\" 'D=z'",
	  " stage@1=a arg@2:0=A arg@2:0=B=2 arg@2:0=C=x y arg@2:0=D=z" },
	{ "FROM a\nONBUILD ARG SHA\n", " stage@1=a" },
	{ "FROM a\nRUN echo ARG SHA\nENV ARG SHA\n# ARG SHA\n", " stage@1=a" },
	{ "FROM a\nFROM b\nARG SHA=", " stage@1=a stage@2=b arg@3:1=SHA=" },
	{ "FROM a\nRUN x\\\nARG SHA", " stage@1=a" },

	/* Directives. */
	{ "# syntax=docker/dockerfile:1\nFROM a", " syntax@1=docker/dockerfile:1 stage@2=a" },
	{ "#syntax = a/b:1 more words \r\nFROM a", " syntax@1=a/b:1 stage@2=a" },
	{ "# check=skip=all\n# SYNTAX=x\nFROM a", " syntax@2=x stage@3=a" },
	{ "# hello\n# syntax=x\nFROM a", " stage@3=a" },
	{ "# other=y\n# syntax=x\nFROM a", " stage@3=a" },
	{ "\n# syntax=x\nFROM a", " stage@3=a" },
	{ "FROM a\n# syntax=x\n", " stage@1=a" },
	{ "# escape=`\nFROM a\nRUN c:\\\nARG A `\n B", " stage@2=a arg@4:0=A arg@4:0=B" },
	{ "# escape = \\\nFROM a\nARG A \\\n B", " stage@2=a arg@3:0=A arg@3:0=B" },

	/* Heredocs. */
	{ "FROM a\nRUN <<EOF\nFROM b\nARG X\nEOF\nARG Y", " stage@1=a arg@6:0=Y heredoc@2" },
	{ "FROM a\nRUN <<-E\n\tFROM b\n\tE\nARG Y", " stage@1=a arg@5:0=Y heredoc@2" },
	{ "FROM a\nRUN <<'E O' cat\nFROM b\nE O\nARG Y", " stage@1=a arg@5:0=Y heredoc@2" },
	{ "FROM a\nCOPY <<A <<\"B\" 3<<C /\nB\nA\nA\nB\nFROM b\nC\nARG Y",
	  " stage@1=a arg@9:0=Y heredoc@2" },
	{ "FROM a\nADD --chmod=1 <<A /x\nA\n", " stage@1=a heredoc@2" },
	{ "FROM a\nRUN x && \\\n cat <<A\nFROM b\nA\n", " stage@1=a heredoc@2" },
	{ "FROM a\nONBUILD RUN <<A\nFROM b\nA\n", " stage@1=a heredoc@2" },
	{ "FROM a\nRUN <<A\r\nFROM b\r\nA\r\nARG Y", " stage@1=a arg@5:0=Y heredoc@2" },
	{ "FROM a\nRUN echo \"<<A\"\nRUN x<<A\nRUN <<<A\nRUN a << A\nRUN [\"<<A\"]\nENV A <<A\nRUN "
	  "--network=none [ \"<<A\" ]",
	  " stage@1=a" },

	/* Mounts and sources. */
	{ "FROM a\nRUN x --mount=type=cache\nRUN --network=none --mount=type=cache,target=/x y",
	  " stage@1=a mount@3" },
	{ "FROM a\nRUN --mount=type=bind,from=b,target=/x y\nRUN --mount type=secret y",
	  " stage@1=a from@2:0=b mount@2" },
	{ "FROM a\nONBUILD RUN --mount=from=x y\n", " stage@1=a mount@2" },
	{ "FROM a\nCOPY --from=b --chown=1 /x /y\nCOPY --chmod=1 --from=0 /x /\nADD --from=c x /",
	  " stage@1=a from@2:0=b from@3:0=0" },
	{ "FROM a\nCOPY x --from=b /y\nONBUILD COPY --from=b x y", " stage@1=a" },

	/* Health. */
	{ "FROM a\nHEALTHCHECK CMD true\nFROM b\nHEALTHCHECK --interval=1s CMD [\"x\"]\nFROM c",
	  " stage@1=a+health stage@3=b+health stage@5=c" },
	{ "FROM a\nHEALTHCHECK CMD true\nHEALTHCHECK none", " stage@1=a" },
	{ "FROM a\nONBUILD HEALTHCHECK CMD true", " stage@1=a" },
};

static void test_what_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		AUTO(dockerfile_release) struct dockerfile dockerfile = { 0 };
		AUTO(buf_release) struct buf facts = BUF_INIT(10000);
		struct error err = { 0 };

		if (dockerfile_parse(slice_of(files[i].text), "f", &dockerfile, &err))
			fail_msg("%s: %s", files[i].text, err.message);
		describe(&dockerfile, &facts);
		if (strcmp(facts.data, files[i].facts))
			print_error("%s\n", files[i].text);
		assert_string_equal(facts.data, files[i].facts);
	}
}

static const struct {
	const char *text;
	const char *message;
} refused[] = {
	{ "", "Dockerfile: there is no FROM" },
	{ "# only a comment\n", "Dockerfile: there is no FROM" },
	{ "ARG X", "Dockerfile: there is no FROM" },
	{ "\n\nRUN x\nFROM a", "Dockerfile:3: 'RUN' stands before the first FROM" },
	{ "FROM", "Dockerfile:1: FROM takes 'IMAGE' or 'IMAGE AS NAME'" },
	{ "FROM a b", "Dockerfile:1: FROM takes 'IMAGE' or 'IMAGE AS NAME'" },
	{ "FROM a\nFROM \\\n a as", "Dockerfile:2: FROM takes 'IMAGE' or 'IMAGE AS NAME'" },
	{ "FROM a as b c", "Dockerfile:1: FROM takes 'IMAGE' or 'IMAGE AS NAME'" },
	{ "FROM --platform=x", "Dockerfile:1: FROM takes 'IMAGE' or 'IMAGE AS NAME'" },
	{ "#escape=x\nFROM a", "Dockerfile:1: the escape character is '\\' or '`', not 'x'" },
	{ "#escape=`\n#escape=`\nFROM a", "Dockerfile:2: the directive 'escape' stands twice" },
	{ "#syntax=a\n#Syntax=a\nFROM a", "Dockerfile:2: the directive 'Syntax' stands twice" },
	{ "FROM a\nRUN <<EOF\necho\n EOF\n", "Dockerfile:2: the heredoc 'EOF' does not end" },
	{ "FROM a\nRUN <<-'A B'\n", "Dockerfile:2: the heredoc 'A B' does not end" },
};

static void test_errors_name_file_and_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct dockerfile dockerfile = { 0 };
		struct error err = { 0 };

		assert_int_equal(dockerfile_parse(slice_of(refused[i].text), "Dockerfile",
						  &dockerfile, &err),
				 -1);
		assert_string_equal(err.message, refused[i].message);
		assert_int_equal(err.kind, ERROR_INPUT);
		assert_null(dockerfile.stages);
	}
}

static void test_an_argument_is_found_by_its_exact_name(void **state)
{
	AUTO(dockerfile_release) struct dockerfile dockerfile = { 0 };
	const struct dockerfile_arg *arg;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(dockerfile_parse(SLICE("FROM a\nARG SHA256 sha\nARG SHA=x\nARG SHA"), "f",
					  &dockerfile, &err),
			 0);
	arg = dockerfile_find_arg(&dockerfile, "SHA");
	assert_int_equal(arg->line, 3);
	assert_int_equal(arg->stage, 0);
	assert_null(dockerfile_find_arg(&dockerfile, "SH"));
}

static const struct {
	const char *stage;
	int number, total;
	int line;
} steps[] = {
	{ "build", 1, 4, 2 },	       { "build", 2, 4, 3 },	{ "build", 3, 4, 5 },
	{ "build", 4, 4, 10 },	       { "build", 5, 4, 0 },	{ "build", 0, 4, 0 },
	{ "build", -1, 4, 0 },	       { "build", 2, 5, 0 },	{ "build", 1, 2, 0 },
	{ "stage-1", 1, 1, 13 },       { "stage-2", 1, 2, 15 }, { "stage-2", 2, 2, 16 },
	{ "stage-0", 2, 4, 0 },	       { "", 2, 4, 0 },		{ "stage-3", 1, 1, 0 },
	{ "build", 1, 0x7fffffff, 0 },
};

static void test_a_step_of_buildkit_is_found_in_the_file(void **state)
{
	const struct slice text = SLICE("ARG V\nFROM a AS build\nRUN x \\\n y\nCOPY <<E /\n"
					"RUN inside\nE\nENV A=b\nONBUILD RUN z\nWORKDIR /w\n\n"
					"FROM build\nADD a b\n# c\nFROM c\nRUN d\n");
	AUTO(dockerfile_release) struct dockerfile dockerfile = { 0 };
	AUTO(dockerfile_release) struct dockerfile single = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(dockerfile_parse(text, "f", &dockerfile, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		assert_int_equal(dockerfile_step_line(&dockerfile, slice_of(steps[i].stage),
						      steps[i].number, steps[i].total),
				 steps[i].line);
	assert_int_equal(dockerfile_parse(SLICE("FROM scratch\nCOPY a b"), "f", &single, &err), 0);
	assert_int_equal(dockerfile_step_line(&single, SLICE("linux/arm64"), 1, 1), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_found),
		cmocka_unit_test(test_errors_name_file_and_line),
		cmocka_unit_test(test_an_argument_is_found_by_its_exact_name),
		cmocka_unit_test(test_a_step_of_buildkit_is_found_in_the_file),
	};

	return cmocka_run_group_tests_name("context/dockerfile", tests, NULL, NULL);
}
