/* SPDX-License-Identifier: MIT */
#include "packed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int collect(void *arg, const void *data, size_t len, struct error *err)
{
	buf_add(arg, data, len);
	return buf_check(arg, "compressed bytes", err);
}

void packed_add(struct buf *out, enum compression compression, struct slice text)
{
	AUTO(compressor_freep) struct compressor *compressor = NULL;
	struct error err = { 0 };

	assert_int_equal(compressor_new(compression, collect, out, &compressor, &err), 0);
	assert_int_equal(compressor_write(compressor, text.data, text.len, &err), 0);
	assert_int_equal(compressor_finish(compressor, &err), 0);
}
