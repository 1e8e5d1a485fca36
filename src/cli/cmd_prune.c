/* SPDX-License-Identifier: MIT */
#include "cli/work.h"

int cmd_prune(struct cli *cli, struct error *err)
{
	return work_loop(cli, loop_prune, err);
}
