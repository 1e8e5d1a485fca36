/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A secret in locked memory that is zeroed on release and never part of a
 * core dump. Nothing here prints it; who needs the text copies it into the
 * one place it goes to.
 */
#include "base/buf.h"
#include "base/error.h"
#include "base/slice.h"

struct secret {
	char *data; /* terminated; NULL: none */
	size_t len;
};

int secret_set(struct secret *secret, struct slice text, struct error *err) CHECK;
/* Reads a regular file of at most `max_bytes`, into no other memory. ENOENT is
 * ERROR_NOT_FOUND. */
int secret_read(struct secret *secret, const char *path, size_t max_bytes, struct error *err) CHECK;
void secret_release(struct secret *secret);
/* Overwrites memory that held a secret, in a way no compiler removes. */
void secret_wipe(void *data, size_t len);
/* buf_release() of a text that a secret went through, wiped before. */
void secret_buf_release(struct buf *buf);
