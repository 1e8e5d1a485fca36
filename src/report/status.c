/* SPDX-License-Identifier: MIT */
#include "report/status.h"

#include <sys/ioctl.h>

#include "base/time.h"
#include "report/safe.h"

/* A terminal that does not say. */
#define COLUMNS	     80
#define REDRAW_MS    50
#define LINE_MAX_LEN 1024

void status_init(struct status *status, FILE *file)
{
	*status = (struct status){
		.file = file,
		.label = BUF_INIT(LINE_MAX_LEN),
		.text = BUF_INIT(LINE_MAX_LEN),
	};
}

void status_release(struct status *status)
{
	status_clear(status);
	buf_release(&status->label);
	buf_release(&status->text);
}

static size_t columns(const struct status *status)
{
	struct winsize size;
	int fd = fileno(status->file);

	if (fd < 0 || ioctl(fd, TIOCGWINSZ, &size) || size.ws_col < 20)
		return COLUMNS;
	return size.ws_col;
}

void status_begin(struct status *status, struct slice label)
{
	status_clear(status);
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
	if (time_monotonic_ms() - status->drawn_ms >= REDRAW_MS)
		status_draw(status);
}

void status_draw(struct status *status)
{
	AUTO(buf_release) struct buf line = BUF_INIT(3 * LINE_MAX_LEN);
	struct slice shown;

	if (!status->label.len)
		return;
	status->drawn_ms = time_monotonic_ms();
	buf_add_slice(&line, buf_slice(&status->label));
	if (status->drawn_ms - status->since_ms >= 1000)
		buf_add_format(&line, " %s",
			       time_elapsed(status->drawn_ms - status->since_ms).text);
	if (status->text.len)
		buf_add_format(&line, ": %s", status->text.data);
	/* The last column would wrap on some terminals. */
	shown = safe_cut(buf_slice(&line), columns(status) - 1);
	fprintf(status->file, "\r%.*s\033[K", (int)shown.len, shown.data);
	fflush(status->file);
	status->is_drawn = true;
}

void status_clear(struct status *status)
{
	if (!status->is_drawn)
		return;
	fputs("\r\033[K", status->file);
	fflush(status->file);
	status->is_drawn = false;
}
