/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What a command that asks registries is asked for. The plain name of an image of this
 * repository means that image's own repository and never one of Docker Hub, which is
 * somebody else's; any other word means what it means everywhere.
 */
#include "cli/commands.h"
#include "flow/config/settings.h"

struct asked {
	struct strv references;	  /* one a word of the command line */
	struct settings settings; /* to ask by: the user's, and of a plain name the commit's too */
};

void asked_release(struct asked *asked);
/* An image of this repository that has no registry is ERROR_INPUT. */
int asked_read(struct cli *cli, struct asked *asked, struct error *err) CHECK;
