/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A `git cat-file --batch` child, which streams what libgit2 would hold in
 * memory twice; private to this layer. Ask only for objects that are there:
 * in a partial clone it would fetch.
 */
#include "git/internal.h"

struct cat_file;

/* No git in PATH is ERROR_NOT_FOUND. */
int cat_file_start(struct git_repo *repo, struct cat_file **ret_cat, struct error *err) CHECK;
/* Asks for a blob of this size; then exactly its bytes are to be read. */
int cat_file_ask(struct cat_file *cat, const git_oid *oid, int64_t size, struct error *err) CHECK;
ssize_t cat_file_read(struct cat_file *cat, void *data, size_t len, struct error *err) CHECK;
/* All was read: it can be asked again. */
bool cat_file_is_idle(const struct cat_file *cat);
void cat_file_free(struct cat_file *cat);
