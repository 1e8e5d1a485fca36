/* SPDX-License-Identifier: MIT */
#pragma once
/* What the files of this layer share behind the wall: libgit2's types. */
#include <git2.h>

#include "base/error.h"
#include "base/str.h"
#include "git/repository.h"
#include "git/tree.h"

struct cat_file;
struct commit;

struct git_repo {
	git_repository *handle;
	git_odb *odb;
	git_config *config; /* system, global, repository and work tree, later wins */
	char *git_folder;
	char *common_folder;
	char *work_folder;	  /* NULL if bare */
	char *object_variable;	  /* "GIT_OBJECT_DIRECTORY=...", NULL if not set */
	char *alternate_variable; /* "GIT_ALTERNATE_OBJECT_DIRECTORIES=..." */
	struct strv setting_keys; /* of the command line: git -c KEY=VALUE */
	struct strv setting_values;
	struct cat_file *cat_file; /* kept between two large blobs */
};

/* git_libgit2_init(), and quickly; each takes a git_libgit2_shutdown(). */
int libgit2_start(struct error *err) CHECK;

/* No repository: only the configuration that holds outside of any. */
int repo_open_none(struct git_repo **ret_repo, struct error *err) CHECK;

/* What libgit2 just refused as an error of ours, "<text>: <its message>"; -1. */
int repo_fail(struct error *err, const char *format, ...) PRINTF(2, 3);

/* 40 lower-case hexadecimal digits, else ERROR_INPUT. */
int repo_parse_oid(const char *text, git_oid *ret_oid, struct error *err) CHECK;

/* What we keep of a commit, for commit_release(). */
int commit_of(git_commit *found, struct commit *ret_commit, struct error *err) CHECK;

enum tree_kind tree_kind_of(const git_tree_entry *entry);

/* The object is not there: ERROR_INPUT with the mend; -1. */
int repo_fail_missing(struct git_repo *repo, const git_oid *oid, struct error *err);

/* A name that a folder can hold: not empty, ".", "..", ".git" in any case, and
 * without a slash. */
bool repo_is_safe_name(const char *name);

/* Like `git config --get KEY`, command line included; NULL if not set. */
int repo_get_setting(struct git_repo *repo, const char *key, char **ret_value,
		     struct error *err) CHECK;

/* For AUTO(): libgit2 frees by value. */
#define REPO_FREEP(type)                                                                           \
	static inline void repo_##type##_freep(git_##type **object)                                \
	{                                                                                          \
		git_##type##_free(*object);                                                        \
	}

REPO_FREEP(reference)
REPO_FREEP(object)
REPO_FREEP(commit)
REPO_FREEP(tree)
