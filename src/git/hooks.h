/* SPDX-License-Identifier: MIT */
#pragma once
/* git's hooks (githooks(5)): ours are put in and taken out, others' never touched. */
#include "git/repository.h"

/* core.hooksPath, else hooks/ beside the objects; the caller frees. */
int hooks_folder(struct git_repo *repo, char **ret_folder, struct error *err) CHECK;
/* Writes an executable hook; one of ours is replaced, a foreign one is
 * ERROR_CONFLICT with the mend. */
int hooks_install(struct git_repo *repo, const char *name, const char *text,
		  struct error *err) CHECK;
/* 1 if that hook is there and ours, 0 if not. */
int hooks_is_ours(struct git_repo *repo, const char *name, struct error *err) CHECK;
/* Removes ours; a foreign one stays, none is fine. */
int hooks_uninstall(struct git_repo *repo, const char *name, struct error *err) CHECK;
