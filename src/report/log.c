/* SPDX-License-Identifier: MIT */
#include "report/log.h"

#include "report/safe.h"

/* What a person reads of one line; a minified file in a build log is longer. */
#define LINE_MAX_LEN (4 * KIB)

void log_init(struct log *log, void (*take)(void *arg, enum event_type type, struct slice line),
	      void *arg)
{
	*log = (struct log){ .take = take, .arg = arg, .partial = BUF_INIT(LINE_MAX_LEN) };
	for (size_t i = 0; i < LIMIT_LOG_LINES; i++)
		buf_init(&log->kept[i], LINE_MAX_LEN);
}

void log_release(struct log *log)
{
	buf_release(&log->partial);
	for (size_t i = 0; i < LIMIT_LOG_LINES; i++)
		buf_release(&log->kept[i]);
}

void log_flush(struct log *log)
{
	AUTO(buf_release) struct buf line = BUF_INIT(LINE_MAX_LEN);

	if (!log->partial.len)
		return;
	safe_add(&line, buf_slice(&log->partial));
	buf_reset(&log->partial);
	log->take(log->arg, log->type, buf_slice(&line));
}

/* What does not fit is left out, at the end of the line. */
static void add_part(struct buf *line, struct slice part)
{
	size_t room = line->max - line->len;

	buf_add(line, part.data, part.len < room ? part.len : room);
}

void log_add(struct log *log, const struct event *event)
{
	struct slice rest = event->text;

	if (log->type != event->type)
		log_flush(log);
	log->type = event->type;
	while (rest.len) {
		size_t len = 0;

		while (len < rest.len && rest.data[len] != '\n' && rest.data[len] != '\r')
			len++;
		add_part(&log->partial, (struct slice){ rest.data, len });
		if (len < rest.len)
			log_flush(log);
		rest = slice_skip(rest, len + 1);
	}
}

void log_keep(struct log *log, struct slice line)
{
	struct buf *place = &log->kept[log->kept_count++ % LIMIT_LOG_LINES];

	buf_reset(place);
	buf_add_slice(place, line);
}

const struct buf *log_recall(const struct log *log, size_t index)
{
	size_t first = log->kept_count > LIMIT_LOG_LINES ? log->kept_count - LIMIT_LOG_LINES : 0;

	if (first + index >= log->kept_count)
		return NULL;
	return &log->kept[(first + index) % LIMIT_LOG_LINES];
}

void log_reset(struct log *log)
{
	log->kept_count = 0;
}
