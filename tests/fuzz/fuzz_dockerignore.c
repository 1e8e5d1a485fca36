/* SPDX-License-Identifier: MIT */
/* Patterns, and behind an empty line paths: a walk that passes over folders
 * keeps the same paths as one by one. */
#include "fuzz.h"

#include <stdlib.h>

#include "base/buf.h"
#include "context/dockerignore.h"

const char *const fuzz_seeds[] = {
	"*.md\n!README.md\nd\n!d/keep\n\na.md\nd/keep/y\nd/a\n",
	"**\n!src\na/**/b\n**/foo\n**foo\nfoo**\n\nsrc/y/z\na/x/y/b\nxfoo\nfoobar\n",
	"[a-c]x\n[^a]\n[[:alpha:]]\n[\\d]\\w\n\\bfoo\\B\n\\Qa*\\E\n\nbx\nfoo/bar\n",
	"a|b*\na{2}?\na{0,1}[*]\n^a?\n\\x41\\101\\z\n\nb/x\naab\n\xc3\xa9/\xff\n",
	"\xef\xbb\xbf# a\n #b\n/!a\n! /c/../d/\n./e\n\nd/e\n#b\n",
	NULL,
};

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* What a walk from the top says to each folder of the path, then to it. */
static void walk_to(struct dockerignore *ignore, char *path)
{
	AUTO(dockerignore_walk_release) struct dockerignore_walk walk = { .ignore = ignore };
	enum dockerignore_verdict verdict;
	bool is_excluded = dockerignore_excludes(ignore, path), is_reached = true;
	struct error err = { 0 };

	for (char *end = path;; end++) {
		char c = *end;

		if (c && c != '/')
			continue;
		*end = '\0';
		require(!dockerignore_walk_next(&walk, path, c, &verdict, &err));
		*end = c;
		require(c || verdict != DOCKERIGNORE_ENTER);
		if (!c)
			break;
		is_reached &= verdict != DOCKERIGNORE_DROP;
	}
	require(is_excluded == (verdict != DOCKERIGNORE_KEEP));
	require(is_reached || is_excluded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(dockerignore_freep) struct dockerignore *ignore = NULL;
	struct slice text = { (const char *)data, size }, paths = { 0 }, line;
	struct error err = { 0 };
	const char *end = size ? memmem(data, size, "\n\n", 2) : NULL;

	if (end) {
		paths = slice_skip(text, (size_t)(end - text.data) + 2);
		text.len = (size_t)(end - text.data);
	}
	if (dockerignore_parse(text, "f", &ignore, &err)) {
		require(err.kind == ERROR_INPUT);
		return 0;
	}
	while (slice_cut(&paths, '\n', &line)) {
		AUTO(buf_release) struct buf path = BUF_INIT(4096);

		buf_add_slice(&path, line);
		if (line.len && !memchr(line.data, '\0', line.len))
			walk_to(ignore, path.data);
	}
	return 0;
}
