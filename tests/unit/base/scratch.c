/* SPDX-License-Identifier: MIT */
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/process.h"

void scratch_make(const char *name, char *ret_path)
{
	snprintf(ret_path, 64, "/tmp/git-image-test-%s-XXXXXX", name);
	assert_non_null(mkdtemp(ret_path));
}

void scratch_remove(const char *path)
{
	const char *const argv[] = { "rm", "-rf", path, NULL };
	AUTO(buf_release) struct buf out = BUF_INIT(64);
	struct error err = { 0 };
	int code;

	assert_int_equal(process_run(&(struct process_options){ .argv = argv }, &out, &code, &err),
			 0);
}
