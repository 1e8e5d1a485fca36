/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <stdlib.h>

#include "base/limits.h"
#include "context/rewrite.h"

const char *const fuzz_seeds[] = {
	"# syntax=docker/dockerfile:1\n# escape=`\nARG V=1\nFROM --platform=$P a:$V AS b\n",
	"FROM a\r\nRUN --mount=type=bind,from=b,target=/x \\\n# c\n\n y <<EOF\nx\nEOF\nARG SHA\n",
	"FROM a\nCOPY --from=b <<-\"A B\" 3<<C /\n\tA B\nC\nONBUILD RUN [\"<<A\"]\n",
	"\xef\xbb\xbf"
	"FROM a\nARG A B='x y' \"C=\\\"\"\nHEALTHCHECK --x=1 NONE\n\\\nADD x y \\",
	NULL,
};

static void require(bool holds)
{
	if (!holds)
		abort();
}

static int count_lines(const uint8_t *data, size_t size)
{
	int lines = 1;

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	return lines;
}

static void check(const struct dockerfile *dockerfile, int lines)
{
	int before = 0, stages = (int)dockerfile->stage_count;

	require(stages > 0);
	for (size_t i = 0; i < dockerfile->stage_count; i++) {
		require(dockerfile->stages[i].base && dockerfile->stages[i].line > before);
		before = dockerfile->stages[i].line;
	}
	for (size_t i = 0; i < dockerfile->arg_count; i++) {
		require(dockerfile->args[i].name && dockerfile->args[i].line <= lines);
		require(dockerfile->args[i].stage >= -1 && dockerfile->args[i].stage < stages);
	}
	for (size_t i = 0; i < dockerfile->source_count; i++)
		require(dockerfile->sources[i].from && dockerfile->sources[i].stage < stages);
	for (size_t i = 0; i < dockerfile->layer_count; i++)
		require(dockerfile->layers[i].line <= lines &&
			dockerfile->layers[i].stage < stages);
	require(before <= lines && dockerfile->heredoc_line <= lines);
	require(dockerfile->mount_line <= lines && dockerfile->syntax_line <= lines);
}

/* Another base changes nothing else that is read. */
static void check_rewrite(const struct dockerfile *dockerfile, struct slice text)
{
	AUTO(dockerfile_release) struct dockerfile other = { 0 };
	AUTO(buf_release) struct buf out = BUF_INIT(2 * LIMIT_DOCKERFILE);
	size_t last = dockerfile->stage_count - 1;
	struct rewrite rewrite = { dockerfile->stages[last].base_place, "new" };
	struct error err = { 0 };

	require(!dockerfile_rewrite(text, dockerfile, &(struct rewrite_list){ &rewrite, 1 }, &out,
				    &err));
	require(!dockerfile_parse(buf_slice(&out), "f", &other, &err));
	require(other.stage_count == dockerfile->stage_count);
	require(!strcmp(other.stages[last].base, "new"));
	require(other.stages[last].line == dockerfile->stages[last].line);
	require(other.source_count == dockerfile->source_count);
	require(other.arg_count == dockerfile->arg_count);
	require(other.layer_count == dockerfile->layer_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(dockerfile_release) struct dockerfile dockerfile = { 0 };
	struct error err = { 0 };
	struct slice text = { (const char *)data, size };

	if (dockerfile_parse(text, "f", &dockerfile, &err)) {
		require(err.kind == ERROR_INPUT && slice_starts(slice_of(err.message), "f:"));
		return 0;
	}
	check(&dockerfile, count_lines(data, size));
	check_rewrite(&dockerfile, text);
	return 0;
}
