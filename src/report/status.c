/* SPDX-License-Identifier: MIT */
#include "report/status.h"

#include "base/limits.h"
#include "base/time.h"

#define REDRAW_MS    50
#define LINE_MAX_LEN (4 * KIB)

void status_init(struct status *status, FILE *file)
{
	*status = (struct status){
		.region.file = file,
		.label = BUF_INIT(LINE_MAX_LEN),
		.text = BUF_INIT(LINE_MAX_LEN),
	};
	live_init(&status->live);
}

void status_release(struct status *status)
{
	status_clear(status);
	live_release(&status->live);
	buf_release(&status->label);
	buf_release(&status->text);
}

void status_begin(struct status *status, struct slice label)
{
	status_clear(status);
	live_reset(&status->live);
	buf_reset(&status->label);
	buf_reset(&status->text);
	buf_add_slice(&status->label, label);
	status->since_ms = time_monotonic_ms();
	status_draw(status);
}

void status_set(struct status *status, struct slice text)
{
	buf_reset(&status->text);
	buf_add_slice(&status->text, text);
	status_touch(status);
}

void status_touch(struct status *status)
{
	if (time_monotonic_ms() - status->drawn_ms >= REDRAW_MS)
		status_draw(status);
}

static void add_lines(struct status *status, struct buf *lines)
{
	int64_t elapsed_ms;

	if (!status->label.len)
		return;
	status->drawn_ms = time_monotonic_ms();
	elapsed_ms = status->drawn_ms - status->since_ms;
	buf_add_slice(lines, buf_slice(&status->label));
	if (elapsed_ms >= 1000)
		buf_add_format(lines, " %s", time_elapsed(elapsed_ms).text);
	if (status->text.len)
		buf_add_format(lines, ": %s", status->text.data);
	live_add_to(&status->live, status->drawn_ms, lines);
}

static void show(struct status *status, struct slice above)
{
	AUTO(buf_release) struct buf lines = BUF_INIT(REGION_LINES_MAX * 2 * LINE_MAX_LEN);

	add_lines(status, &lines);
	region_show(&status->region, above, buf_slice(&lines));
}

void status_draw(struct status *status)
{
	if (status->label.len)
		show(status, SLICE(""));
}

void status_print(struct status *status, struct slice line)
{
	show(status, line);
}

void status_clear(struct status *status)
{
	region_clear(&status->region);
}
