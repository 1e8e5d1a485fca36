/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"
#include "flow/ledger/ledger.h"
#include "flow/run.h"

static int exchange(struct cli *cli, struct run *run, struct error *err)
{
	const struct strv *words = &cli->options->words;
	const char *remote = words->len > 1 ? words->items[1] : "origin";
	bool pushes = !strcmp(words->items[0], "push");

	if (cli->options->is_dry_run) {
		event_notice(cli->sink, "would fetch and join the ledger of '%s'%s", remote,
			     pushes ? ", then push ours" : "");
		return 0;
	}
	return pushes ? ledger_push(run->repo, remote, cli->sink, err)
		      : ledger_pull(run->repo, remote, cli->sink, err);
}

int cmd_ledger(struct cli *cli, struct error *err)
{
	AUTO(run_close) struct run run = { .alive_fd = -1 };

	if (run_open(&(struct run_options){ .revision = cli->options->commit }, cli->sink, &run,
		     err))
		return -1;
	return exchange(cli, &run, err);
}
