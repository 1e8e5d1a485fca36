/* SPDX-License-Identifier: MIT */
#pragma once
/* Does a BuildKit daemon answer, and which one is it? */
#include "net/channel.h"

struct info {
	char *version;	/* "0.13.2"; "": it does not say */
	char *platform; /* "linux/arm64", that it builds for by itself; NULL: it does not say */
};

void info_release(struct info *info);
/* Takes the channel over. */
int info_ask(struct channel *channel, struct info *ret_info, struct error *err) CHECK;
