/* SPDX-License-Identifier: MIT */
#pragma once
/* A folder of a test's own. */

/* "/tmp/git-image-test-NAME-...", in a buffer of 64 bytes. */
void scratch_make(const char *name, char *ret_path);
/* With all that is in it. */
void scratch_remove(const char *path);
