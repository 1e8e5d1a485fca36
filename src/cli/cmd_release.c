/* SPDX-License-Identifier: MIT */
#include "cli/work.h"

int cmd_release(struct cli *cli, struct error *err)
{
	return work_loop(cli, loop_release, err);
}
