/* SPDX-License-Identifier: MIT */
#include "cli/work.h"

int cmd_make(struct cli *cli, struct error *err)
{
	return work_loop(cli, loop_make, err);
}
