/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A git repository, opened once and used by one thread at a time. What git's
 * variables say (GIT_DIR, GIT_WORK_TREE, GIT_OBJECT_DIRECTORY, GIT_CONFIG_*)
 * is read at the opening, so that they can be removed from the environment
 * afterwards. libgit2's memory is bounded here; replace refs are not followed.
 */
#include <stdbool.h>

#include "base/error.h"

struct git_repo;

/*
 * Opens the repository that holds `path`, or with NULL the one git would use
 * here: GIT_DIR, else found upward from the working directory. No repository,
 * one of somebody else (git's safe.directory, SUDO_UID) or one with SHA-256
 * object names is ERROR_INPUT, with a hint.
 */
int repo_open(const char *path, struct git_repo **ret_repo, struct error *err) CHECK;
/* The same one for another thread, with what git's variables said then. */
int repo_open_again(const struct git_repo *like, struct git_repo **ret_repo,
		    struct error *err) CHECK;
void repo_free(struct git_repo *repo);
void repo_freep(struct git_repo **repo);

/* Absolute, without a slash at the end. */
const char *repo_git_folder(const struct git_repo *repo);    /* of this work tree */
const char *repo_common_folder(const struct git_repo *repo); /* of all work trees */
const char *repo_work_folder(const struct git_repo *repo);   /* NULL if bare */

/* History ends where the clone was cut off. */
bool repo_is_shallow(const struct git_repo *repo);
/* A rebase, am, or sequence of cherry-picks or reverts is under way. */
bool repo_is_rebasing(const struct git_repo *repo);

/* The branch of HEAD, also if it has no commit yet; NULL if detached. */
int repo_branch(struct git_repo *repo, char **ret_branch, struct error *err) CHECK;
/* As configured, credentials included, url.insteadOf applied; NULL if none. */
int repo_remote_url(struct git_repo *repo, const char *remote, char **ret_url,
		    struct error *err) CHECK;
/*
 * The URL as it may be shown: user information, query and fragment removed, "host:path" of ssh
 * written as "https://host/path", as org.opencontainers.image.source wants a
 * place to look at. NULL without memory.
 */
char *repo_url_without_credentials(const char *url, struct error *err) CHECK;
