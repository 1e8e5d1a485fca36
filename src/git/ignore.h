/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The rules of one ignore file (gitignore(5)); private to this layer. libgit2's
 * own drop a "!" that takes back a rule of another file, and read the files
 * anew for every path.
 */
#include "base/error.h"

struct ignore_rule {
	const char *pattern;
	bool is_negative;
	bool is_for_folders; /* "name/" */
	bool is_anchored;    /* has a slash: matched from the file's folder */
};

struct ignore_rules {
	struct ignore_rule *items;
	size_t len;
	char *text; /* what the patterns point into */
};

enum ignore_answer { IGNORE_UNSAID, IGNORE_YES, IGNORE_NO };

/* No file has no rules, nor has a symlink in a folder of the work tree; with
 * AT_FDCWD, a file of the user's own, it is followed. */
int ignore_read(int folder_fd, const char *name, struct ignore_rules *ret_rules,
		struct error *err) CHECK;
void ignore_release(struct ignore_rules *rules);

/* What the last rule that matches says; `path` is relative to the file's folder. */
enum ignore_answer ignore_match(const struct ignore_rules *rules, const char *path, bool is_folder);

/* Whether a pattern with * ** ? [] and \ matches all of a path; only ** crosses
 * a slash. Takes at most the product of both lengths in steps. */
bool ignore_glob(const char *pattern, const char *path);
