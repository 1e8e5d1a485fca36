/* SPDX-License-Identifier: MIT */
#include "report/live.h"

#include "base/limits.h"
#include "base/time.h"
#include "report/safe.h"

#define NAME_MAX_LEN (4 * KIB)

void live_init(struct live *live)
{
	*live = (struct live){ .writer = BUF_INIT(NAME_MAX_LEN) };
	for (size_t i = 0; i < LIVE_STEPS_MAX; i++) {
		buf_init(&live->steps[i].digest, NAME_MAX_LEN);
		buf_init(&live->steps[i].name, NAME_MAX_LEN);
	}
	for (size_t i = 0; i < LIVE_LINES; i++)
		buf_init(&live->lines[i], NAME_MAX_LEN);
}

void live_release(struct live *live)
{
	buf_release(&live->writer);
	for (size_t i = 0; i < LIVE_STEPS_MAX; i++) {
		buf_release(&live->steps[i].digest);
		buf_release(&live->steps[i].name);
	}
	for (size_t i = 0; i < LIVE_LINES; i++)
		buf_release(&live->lines[i]);
}

void live_reset(struct live *live)
{
	live->step_count = live->line_count = 0;
	buf_reset(&live->writer);
}

/* `step_count` if there is none. */
static size_t place_of(const struct live *live, const char *digest)
{
	size_t place = 0;

	while (place < live->step_count && !slice_is(buf_slice(&live->steps[place].digest), digest))
		place++;
	return place;
}

void live_begin(struct live *live, const struct event *event, int64_t now_ms)
{
	struct live_step *step = &live->steps[live->step_count];

	if (live->step_count == LIVE_STEPS_MAX || place_of(live, event->digest) < live->step_count)
		return;
	buf_reset(&step->digest);
	buf_add_text(&step->digest, event->digest);
	buf_reset(&step->name);
	safe_add(&step->name, slice_of(event->subject));
	step->since_ms = now_ms;
	live->step_count++;
}

void live_end(struct live *live, const char *digest)
{
	size_t place = place_of(live, digest);
	struct live_step ended = live->steps[place % LIVE_STEPS_MAX];

	if (slice_is(buf_slice(&live->writer), digest)) {
		buf_reset(&live->writer);
		live->line_count = 0;
	}
	if (place == live->step_count)
		return;
	for (size_t i = place + 1; i < live->step_count; i++)
		live->steps[i - 1] = live->steps[i];
	/* Its memory serves the next one. */
	live->steps[--live->step_count] = ended;
}

bool live_shows(struct live *live, const char *digest)
{
	if (!live->writer.len)
		buf_add_text(&live->writer, digest);
	return slice_is(buf_slice(&live->writer), digest);
}

void live_write(struct live *live, struct slice line)
{
	struct buf *place = &live->lines[live->line_count++ % LIVE_LINES];

	buf_reset(place);
	buf_add_slice(place, line);
}

const struct buf *live_newest(const struct live *live)
{
	return live->step_count ? &live->steps[live->step_count - 1].name : NULL;
}

static void add_step(const struct live_step *step, int64_t now_ms, struct buf *out)
{
	/* Tenths that change with every line would be unquiet. */
	int64_t elapsed_ms = (now_ms - step->since_ms) / 1000 * 1000;

	buf_add_text(out, "\n");
	if (elapsed_ms)
		buf_add_format(out, "%6s ", time_elapsed(elapsed_ms).text);
	else
		buf_add_text(out, "       ");
	buf_add_slice(out, buf_slice(&step->name));
}

void live_add_to(const struct live *live, int64_t now_ms, struct buf *out)
{
	size_t first = live->line_count > LIVE_LINES ? live->line_count - LIVE_LINES : 0;
	size_t shown = live->step_count > LIVE_STEPS ? LIVE_STEPS : live->step_count;

	for (size_t i = 0; i < shown; i++)
		add_step(&live->steps[i], now_ms, out);
	if (live->step_count > shown)
		buf_add_format(out, "\n       and %zu more", live->step_count - shown);
	for (size_t i = first; i < live->line_count; i++) {
		buf_add_text(out, "\n  | ");
		buf_add_slice(out, buf_slice(&live->lines[i % LIVE_LINES]));
	}
}
