/* SPDX-License-Identifier: MIT */
#include "engine/buildkitd.h"

int buildkitd_open(const char *url, struct event_sink *sink, struct engine **ret_engine,
		   struct error *err)
{
	(void)sink;
	(void)ret_engine;
	return error_set(err, ERROR_UNSUPPORTED,
			 "cannot reach '%s': this git-image was made without BuildKit", url);
}
