/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Configuration in git's syntax (git-config(1), "Syntax"). The user's own is
 * read through libgit2; a file of the tree by our own reader of that grammar,
 * which includes nothing: libgit2 would follow an include out of the tree.
 */
#include "base/slice.h"
#include "git/repository.h"

struct config_entry {
	const char *section;	   /* lower case */
	const char *subsection;	   /* NULL: none */
	const char *name;	   /* lower case; "": the section itself, of a parsed text */
	const char *value;	   /* NULL: a key without "=", which means true */
	int line;		   /* of a parsed text, from 1; else 0 */
	bool has_unquoted_comment; /* a ';' or '#' ended the value */
};

/* The entry is borrowed for the call; -1 with err set ends the reading. */
typedef int config_each(void *arg, const struct config_entry *entry, struct error *err);

/* Reads a text, at most LIMIT_CONFIG_FILE bytes. What git would refuse, an
 * include and a NUL are ERROR_INPUT with the line. */
int config_parse(struct slice text, config_each *each, void *arg, struct error *err) CHECK;

/* Every entry of `section` (NULL: of any) that the user has set: system, global, repository,
 * work tree, `git -c`, in this order. NULL for the repository: outside of any. */
int config_read_user(struct git_repo *repo, const char *section, config_each *each, void *arg,
		     struct error *err) CHECK;
