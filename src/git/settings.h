/* SPDX-License-Identifier: MIT */
#pragma once
/* Where the user's configuration comes from, and whom it trusts; private to
 * this layer. */
#include "git/internal.h"

/* Fills repo->config and the command line's settings from the levels that a
 * repository cannot write: system, global and `git -c`. */
int settings_open(struct git_repo *repo, struct error *err) CHECK;
/* The same with the command line's settings of another, whose variables are gone. */
int settings_open_like(const struct git_repo *like, struct git_repo *repo, struct error *err) CHECK;
/* Adds the levels of the repository and of its work tree. */
int settings_add_repository(struct git_repo *repo, struct error *err) CHECK;
/* Before the repository's own levels are added: whether it is the user's, or
 * named by safe.directory; else ERROR_INPUT, as git refuses it. */
int settings_check_owner(struct git_repo *repo, struct error *err) CHECK;
