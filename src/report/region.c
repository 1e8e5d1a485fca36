/* SPDX-License-Identifier: MIT */
#include "report/region.h"

#include <sys/ioctl.h>

#include "base/limits.h"
#include "report/safe.h"

/* Of a terminal that does not say. */
#define COLUMNS 80
#define ROWS	24

static struct winsize size_of(const struct region *region)
{
	struct winsize size = { 0 };
	int fd = fileno(region->file);

	if (fd < 0 || ioctl(fd, TIOCGWINSZ, &size))
		size = (struct winsize){ 0 };
	if (!size.ws_col)
		size.ws_col = COLUMNS;
	if (!size.ws_row)
		size.ws_row = ROWS;
	return size;
}

/* To the begin of the first line. A terminal that has become narrower since has
 * broken the lines into more. */
static void add_home(const struct region *region, size_t columns, struct buf *out)
{
	size_t rows = 0;

	for (size_t i = 0; i < region->count; i++)
		rows += region->widths[i] ? (region->widths[i] + columns - 1) / columns : 1;
	if (rows > 1)
		buf_add_format(out, "\033[%zuA", rows - 1);
	if (rows)
		buf_add_char(out, '\r');
}

/* The last column stays free: there some terminals would break the line. */
static void add_lines(struct region *region, struct slice lines, struct winsize size,
		      struct buf *out)
{
	size_t max = size.ws_row > 1 ? size.ws_row - 1U : 1;
	struct slice line;

	region->count = 0;
	while (region->count < max && region->count < REGION_LINES_MAX &&
	       slice_cut(&lines, '\n', &line)) {
		size_t begin;

		if (region->count)
			buf_add_char(out, '\n');
		begin = out->len;
		line = safe_cut(line, size.ws_col - 1U);
		buf_add_slice(out, line);
		for (size_t i = begin; i < out->len; i++)
			if (out->data[i] == '\t')
				out->data[i] = ' ';
		buf_add_text(out, "\033[K");
		region->widths[region->count++] = safe_width(line);
	}
}

static void write_out(const struct region *region, const struct buf *out)
{
	fwrite(out->data, 1, out->len, region->file);
	fflush(region->file);
}

void region_show(struct region *region, struct slice above, struct slice lines)
{
	AUTO(buf_release) struct buf out = BUF_INIT(2 * LIMIT_STREAM_LINE);
	struct winsize size = size_of(region);
	bool had_lines = region->count > 0;

	add_home(region, size.ws_col, &out);
	if (above.len && had_lines)
		buf_add_text(&out, "\033[J");
	buf_add_slice(&out, above);
	add_lines(region, lines, size, &out);
	if (had_lines && !above.len)
		buf_add_text(&out, "\033[J");
	write_out(region, &out);
}

void region_clear(struct region *region)
{
	AUTO(buf_release) struct buf out = BUF_INIT(KIB);

	if (!region->count)
		return;
	add_home(region, size_of(region).ws_col, &out);
	buf_add_text(&out, "\033[J");
	write_out(region, &out);
	region->count = 0;
}
