/* SPDX-License-Identifier: MIT */
#include "cli/work.h"
#include "flow/graph/graph-write.h"
#include "report/report.h"

/* One that cannot be read has parents that nobody knows. */
static int check_dockerfiles(const struct graph *graph, struct error *err)
{
	for (size_t i = 0; i < graph->len; i++) {
		struct graph_image *image = &graph->images[i];

		if (!image->settings.digest && job_open_context(&image->jobs.items[0], err))
			return -1;
	}
	return 0;
}

static int print(const struct work *work, struct error *err)
{
	struct report *report = work->cli->report;
	struct json_writer *writer = report_open(report, "graph");
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_JSON_DOCUMENT);
	int status;

	if (writer) {
		status = graph_add_to(&work->graph, writer, err);
		report_close(report);
		return status;
	}
	if (graph_write(&work->graph, (enum graph_format)work->cli->options->format, &text, err))
		return -1;
	/* The last line feed is the report's. */
	if (text.len)
		report_result(report, "%.*s", (int)text.len - 1, text.data);
	return 0;
}

int cmd_graph(struct cli *cli, struct error *err)
{
	AUTO(work_close) struct work work = { 0 };

	if (work_open(&work, cli, err) || check_dockerfiles(&work.graph, err))
		return -1;
	return print(&work, err);
}
