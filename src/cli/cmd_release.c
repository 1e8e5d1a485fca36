/* SPDX-License-Identifier: MIT */
#include "cli/work.h"
#include "flow/loop.h"

int cmd_release(struct cli *cli, struct error *err)
{
	return work_set(cli, loop_release, err);
}
