/* SPDX-License-Identifier: MIT */
#include "auth/store.h"
#include "cli/registry-host.h"
#include "report/report.h"

static void tell(struct cli *cli, const char *host, const struct strv *places)
{
	struct json_writer *writer = report_open(cli->report, "logout");

	if (writer) {
		json_add_text(writer, "registry", host);
		json_add_texts(writer, "erased", places);
		report_close(cli->report);
	}
	report_result(cli->report, places->len ? "logged out of '%s'" : "not logged in to '%s'",
		      host);
}

int cmd_logout(struct cli *cli, struct error *err)
{
	const struct strv *words = &cli->options->words;
	AUTO(registry_host_release) struct registry_host host = { 0 };
	AUTO(strv_release) struct strv places = { 0 };

	if (registry_host_find(cli, words->len ? words->items[0] : NULL, true, &host, err))
		return -1;
	if (cli->options->is_dry_run) {
		event_notice(cli->sink, "dry run: nothing is erased for '%s'", host.host);
		return 0;
	}
	if (credentials_erase(host.host, &places, err))
		return -1;
	tell(cli, host.host, &places);
	return 0;
}
