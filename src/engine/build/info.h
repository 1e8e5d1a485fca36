/* SPDX-License-Identifier: MIT */
#pragma once
/* Does a BuildKit daemon answer, and which one is it? */
#include "net/channel.h"

/* Takes the channel over. `ret_version` is "0.13.2", or "" of one that does not say. */
int info_ask(struct channel *channel, char **ret_version, struct error *err) CHECK;
