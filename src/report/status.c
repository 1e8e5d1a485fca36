/* SPDX-License-Identifier: MIT */
#include "report/status.h"

#include "base/limits.h"
#include "base/time.h"
#include "report/safe.h"

#define REDRAW_MS    50
#define LINE_MAX_LEN (4 * KIB)

void status_init(struct status *status, FILE *file, struct report *report,
		 void (*take)(void *lane, enum event_type type, struct slice line))
{
	*status = (struct status){ .region.file = file };
	lane_init(&status->first, report, take);
}

void status_release(struct status *status)
{
	status_clear(status);
	lane_release(&status->first);
	for (size_t i = 0; i < status->other_count; i++) {
		lane_release(status->others[i]);
		free(status->others[i]);
	}
}

static struct lane *add_lane(struct status *status)
{
	struct lane *lane = NULL;

	if (status->other_count < STATUS_LANES_MAX)
		lane = malloc(sizeof(*lane));
	if (!lane)
		return NULL;
	lane_init(lane, status->first.report, status->first.log.take);
	status->others[status->other_count++] = lane;
	return lane;
}

struct lane *status_lane(struct status *status, const char *image)
{
	struct lane *added;

	if (!image)
		return &status->first;
	for (size_t i = 0; i < status->other_count; i++)
		if (slice_is(buf_slice(&status->others[i]->image), image))
			return status->others[i];
	for (size_t i = 0; i < status->other_count; i++)
		if (lane_take_over(status->others[i], image))
			return status->others[i];
	added = add_lane(status);
	return added && lane_take_over(added, image) ? added : &status->first;
}

void status_begin(struct status *status, struct lane *lane, struct slice label)
{
	status_clear(status);
	lane_begin(lane, label);
	status_draw(status);
}

void status_set(struct status *status, struct lane *lane, struct slice text)
{
	buf_reset(&lane->text);
	buf_add_slice(&lane->text, text);
	status_touch(status);
}

void status_end(struct status *status)
{
	log_flush(&status->first.log);
	lane_begin(&status->first, SLICE(""));
	for (size_t i = 0; i < status->other_count; i++) {
		log_flush(&status->others[i]->log);
		lane_begin(status->others[i], SLICE(""));
	}
	status_clear(status);
}

void status_touch(struct status *status)
{
	if (time_monotonic_ms() - status->drawn_ms >= REDRAW_MS)
		status_draw(status);
}

static size_t count_busy(const struct status *status)
{
	size_t count = lane_is_busy(&status->first);

	for (size_t i = 0; i < status->other_count; i++)
		count += lane_is_busy(status->others[i]);
	return count;
}

/* Each in a line of its own, as many as there is room for. */
static void add_brief(const struct status *status, size_t count, struct buf *lines)
{
	size_t shown = 0;

	for (size_t i = 0; i <= status->other_count; i++) {
		const struct lane *lane = i ? status->others[i - 1] : &status->first;

		if (!lane_is_busy(lane))
			continue;
		if (shown)
			buf_add_char(lines, '\n');
		if (++shown == REGION_LINES_MAX && count > shown) {
			buf_add_format(lines, "and %zu more", count - shown + 1);
			return;
		}
		lane_add_brief(lane, status->drawn_ms, lines);
	}
}

static void add_lines(struct status *status, struct buf *lines)
{
	size_t count = count_busy(status), i = 0;

	if (!count)
		return;
	status->drawn_ms = time_monotonic_ms();
	if (count > 1) {
		add_brief(status, count, lines);
		return;
	}
	while (i < status->other_count && !lane_is_busy(status->others[i]))
		i++;
	lane_add_to(lane_is_busy(&status->first) ? &status->first : status->others[i],
		    status->drawn_ms, lines);
}

static void show(struct status *status, struct slice above)
{
	AUTO(buf_release) struct buf lines = BUF_INIT(REGION_LINES_MAX * 2 * LINE_MAX_LEN);

	add_lines(status, &lines);
	region_show(&status->region, above, buf_slice(&lines));
}

void status_draw(struct status *status)
{
	if (count_busy(status))
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
