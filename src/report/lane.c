/* SPDX-License-Identifier: MIT */
#include "report/lane.h"

#include "base/limits.h"
#include "base/time.h"

#define LINE_MAX_LEN (4 * KIB)

void lane_init(struct lane *lane, struct report *report,
	       void (*take)(void *lane, enum event_type type, struct slice line))
{
	*lane = (struct lane){
		.report = report,
		.image = BUF_INIT(LINE_MAX_LEN),
		.label = BUF_INIT(LINE_MAX_LEN),
		.name = BUF_INIT(LINE_MAX_LEN),
		.text = BUF_INIT(LINE_MAX_LEN),
		.speaker = BUF_INIT(LIMIT_PEER_TEXT),
	};
	live_init(&lane->live);
	log_init(&lane->log, take, lane);
}

void lane_release(struct lane *lane)
{
	live_release(&lane->live);
	log_release(&lane->log);
	buf_release(&lane->image);
	buf_release(&lane->label);
	buf_release(&lane->name);
	buf_release(&lane->text);
	buf_release(&lane->speaker);
}

void lane_begin(struct lane *lane, struct slice label)
{
	live_reset(&lane->live);
	buf_reset(&lane->label);
	buf_reset(&lane->text);
	buf_add_slice(&lane->label, label);
	lane->since_ms = time_monotonic_ms();
}

bool lane_take_over(struct lane *lane, const char *image)
{
	if (lane->has_step || lane->log.partial.len)
		return false;
	log_reset(&lane->log);
	lane->cached_count = 0;
	buf_reset(&lane->speaker);
	buf_reset(&lane->image);
	buf_add_text(&lane->image, image);
	return true;
}

static void add_clock(const struct lane *lane, int64_t now_ms, struct buf *out)
{
	int64_t elapsed_ms = now_ms - lane->since_ms;

	if (elapsed_ms >= 1000)
		buf_add_format(out, " %s", time_elapsed(elapsed_ms).text);
}

void lane_add_to(const struct lane *lane, int64_t now_ms, struct buf *out)
{
	buf_add_slice(out, buf_slice(&lane->label));
	add_clock(lane, now_ms, out);
	if (lane->text.len)
		buf_add_format(out, ": %s", lane->text.data);
	live_add_to(&lane->live, now_ms, out);
}

void lane_add_brief(const struct lane *lane, int64_t now_ms, struct buf *out)
{
	const struct buf *step = live_newest(&lane->live);

	buf_add_slice(out, buf_slice(&lane->name));
	add_clock(lane, now_ms, out);
	if (lane->text.len || step)
		buf_add_format(out, ": %s", lane->text.len ? lane->text.data : step->data);
}
