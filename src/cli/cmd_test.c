/* SPDX-License-Identifier: MIT */
#include "cli/work.h"

int cmd_test(struct cli *cli, struct error *err)
{
	return work_loop(cli, loop_test, err);
}
