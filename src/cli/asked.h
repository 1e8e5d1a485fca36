/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What a command that asks registries is asked for. The name of an image of this
 * repository means that image's own repository and never one of Docker Hub, which is
 * somebody else's; any other word means what it means everywhere.
 */
#include "cli/commands.h"
#include "flow/config/own-image.h"

struct asked {
	struct strv references;	  /* one a word of the command line */
	struct settings settings; /* the user's, to ask by */
	struct own_images images; /* of this repository, if a word may be one of them */
};

void asked_release(struct asked *asked);
/* An image of this repository that has no registry is ERROR_INPUT. With `by_reference` also
 * images that are named by their reference are known as those of this repository. */
int asked_read(struct cli *cli, bool by_reference, struct asked *asked, struct error *err) CHECK;
/* What holds for the image behind a reference: its own settings if it is one of this
 * repository, else the user's. */
const struct settings *asked_settings(const struct asked *asked, const struct reference *reference);
