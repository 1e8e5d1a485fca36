/* SPDX-License-Identifier: MIT */
#include "cli/work.h"
#include "flow/loop.h"

int cmd_publish(struct cli *cli, struct error *err)
{
	return work_set(cli, loop_publish, err);
}
