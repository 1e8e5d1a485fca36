/* SPDX-License-Identifier: MIT */
#include "context/source.h"

int source_of_worktree(const struct source_options *options, struct source **ret_source,
		       struct error *err)
{
	(void)options;
	(void)ret_source;
	return error_set(err, ERROR_UNSUPPORTED, "the work tree cannot be built yet");
}
