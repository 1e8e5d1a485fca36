/* SPDX-License-Identifier: MIT */
#pragma once
/* Repositories with notes, on top of fixture.h. */
#include "fixture.h"

#define REF "refs/notes/image"

/* cmocka's group setup, with the repository "r" of two empty commits. */
int notes_fixture_start(void **state);
/* The same history in a new folder, without notes. */
struct git_repo *notes_fixture_fresh(const char *name);
/* The SHA of a revision of "r", as fixture_output(). */
const char *notes_fixture_sha(const char *revision);
/* Adds a line to the note of a commit, which need not be there. */
void notes_fixture_add(struct git_repo *repo, const char *sha, const char *line);
/* Read by itself, and as one of many. */
void notes_fixture_assert(struct git_repo *repo, const char *sha, const char *expected);
/* Names of commits: the first 100 fill the first level of folders, then 256 one folder of the
 * second; the rest are anywhere. */
void notes_fixture_name(int i, char ret_sha[41]);
