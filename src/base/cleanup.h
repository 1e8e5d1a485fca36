/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What a scope owns is released when the scope ends, on every path out of it.
 * TAKE() hands the owned pointer over and leaves NULL behind.
 */
#include <stdlib.h>
#include <unistd.h>

#define CHECK __attribute__((warn_unused_result))
#define PRINTF(index, first) __attribute__((format(printf, index, first)))
#define AUTO(release) __attribute__((cleanup(release)))
#define AUTOFREE AUTO(cleanup_free)
#define AUTOCLOSE AUTO(cleanup_close)
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define TAKE(pointer)                                                                              \
	({                                                                                         \
		__typeof__(pointer) taken_ = (pointer);                                            \
		(pointer) = NULL;                                                                  \
		taken_;                                                                            \
	})

/* The same for a file descriptor: leaves -1 behind. */
#define TAKE_FD(fd)                                                                                \
	({                                                                                         \
		int taken_ = (fd);                                                                 \
		(fd) = -1;                                                                         \
		taken_;                                                                            \
	})

static inline void cleanup_free(void *pointer)
{
	free(*(void **)pointer);
}

static inline void cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
