/* SPDX-License-Identifier: MIT */
#include "notes_fixture.h"

#include <stdio.h>

#include "base/buf.h"
#include "git/notes-index.h"
#include "git/notes.h"

int notes_fixture_start(void **state)
{
	if (fixture_start(state))
		return -1;
	fixture_run("git init -q r; cd r; git commit -q --allow-empty -m 1;"
		    "git commit -q --allow-empty -m 2; git config gc.auto 0");
	return 0;
}

struct git_repo *notes_fixture_fresh(const char *name)
{
	fixture_run("rm -rf %s; cp -r r %s", name, name);
	return fixture_open(name);
}

const char *notes_fixture_sha(const char *revision)
{
	return fixture_output("git -C r rev-parse '%s'", revision);
}

void notes_fixture_add(struct git_repo *repo, const char *sha, const char *line)
{
	struct error err = { 0 };

	if (notes_add_lines(repo, REF, sha, slice_of(line), &err))
		fail_msg("'%s' on %s: %s", line, sha, err.message);
}

void notes_fixture_assert(struct git_repo *repo, const char *sha, const char *expected)
{
	AUTO(notes_index_freep) struct notes_index *index = NULL;
	AUTO(buf_release) struct buf note = BUF_INIT(MIB);
	struct error err = { 0 };

	assert_int_equal(notes_read(repo, REF, sha, &note, &err), 0);
	assert_string_equal(note.data, expected);
	buf_reset(&note);
	assert_int_equal(notes_index_open(repo, REF, &index, &err), 0);
	assert_int_equal(notes_index_read(index, sha, &note, &err), 0);
	assert_string_equal(note.data, expected);
}

void notes_fixture_name(int i, char ret_sha[41])
{
	unsigned long hash = (unsigned long)(i + 1) * 2654435761UL;
	int len = 0;

	if (i < 100)
		len = snprintf(ret_sha, 41, "%x", i % 16);
	else if (i < 356) /* ab0, ab1, ... */
		len = snprintf(ret_sha, 41, "ab%x%x", i % 16, i / 16 % 16);
	for (; len < 40; len++) {
		hash = hash * 6364136223846793005UL + 1442695040888963407UL;
		ret_sha[len] = "0123456789abcdef"[hash >> 60];
	}
	ret_sha[40] = '\0';
}
