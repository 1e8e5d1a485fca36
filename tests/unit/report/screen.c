/* SPDX-License-Identifier: MIT */
#include "screen.h"

#include <fcntl.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/limits.h"
#include "base/slice.h"

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void set_size(struct screen *screen, size_t columns, size_t rows)
{
	struct winsize size = { .ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows };

	require(columns <= SCREEN_COLUMNS_MAX && rows <= SCREEN_ROWS_MAX);
	require(!ioctl(screen->master, TIOCSWINSZ, &size));
	screen->columns = columns;
	screen->rows = rows;
}

void screen_open(struct screen *screen, size_t columns, size_t rows)
{
	int slave;

	*screen = (struct screen){ .history = BUF_INIT(MIB) };
	require(!openpty(&screen->master, &slave, NULL, NULL, NULL));
	require(!fcntl(screen->master, F_SETFL, O_NONBLOCK));
	screen->file = fdopen(slave, "w");
	require(screen->file != NULL);
	memset(screen->cells, ' ', sizeof(screen->cells));
	set_size(screen, columns, rows);
}

void screen_close(struct screen *screen)
{
	fclose(screen->file);
	close(screen->master);
	buf_release(&screen->history);
}

static void add_row(struct screen *screen, size_t row, struct buf *out)
{
	size_t len = screen->columns;

	while (len && screen->cells[row][len - 1] == ' ')
		len--;
	buf_add(out, screen->cells[row], len);
	buf_add_char(out, '\n');
}

static void feed_line(struct screen *screen)
{
	if (++screen->row < screen->rows)
		return;
	screen->row--;
	add_row(screen, 0, &screen->history);
	memmove(screen->cells[0], screen->cells[1], sizeof(screen->cells[0]) * screen->row);
	memset(screen->cells[screen->row], ' ', sizeof(screen->cells[0]));
}

static void put(struct screen *screen, char c, size_t width)
{
	if (screen->column + width > screen->columns) {
		screen->column = 0;
		feed_line(screen);
	}
	screen->cells[screen->row][screen->column++] = c;
	if (width == 2)
		screen->cells[screen->row][screen->column++] = ' ';
}

static void erase(struct screen *screen, bool also_below)
{
	size_t column = screen->column < screen->columns ? screen->column : screen->columns - 1;

	memset(screen->cells[screen->row] + column, ' ', SCREEN_COLUMNS_MAX - column);
	for (size_t row = screen->row + 1; also_below && row < screen->rows; row++)
		memset(screen->cells[row], ' ', sizeof(screen->cells[row]));
}

/* The bytes of the sequence behind "\033[". */
static size_t obey(struct screen *screen, const char *text)
{
	size_t len = strspn(text, "0123456789;"), count = len ? strtoul(text, NULL, 10) : 1;

	switch (text[len]) {
	case 'A':
		screen->row -= count < screen->row ? count : screen->row;
		break;
	case 'J':
	case 'K':
		require(!len);
		erase(screen, text[len] == 'J');
		break;
	default:
		require(text[len] == 'm');
	}
	return len + 1;
}

/* All writes of the report are whole: no sequence is cut. */
static size_t show(struct screen *screen, const char *text)
{
	unsigned char c = (unsigned char)*text;

	if (c == '\033') {
		require(text[1] == '[');
		return 2 + obey(screen, text + 2);
	}
	if (c == '\r')
		screen->column = 0;
	else if (c == '\n')
		feed_line(screen);
	else if (c >= 0xe0)
		put(screen, 'W', 2);
	else
		put(screen, *text, 1);
	require(c >= ' ' || c == '\r' || c == '\n');
	return c >= 0xe0 ? 3 : 1;
}

static void read_all(struct screen *screen)
{
	char text[64 * KIB];
	size_t len = 0;
	ssize_t got;

	while ((got = read(screen->master, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)got;
	text[len] = '\0';
	for (size_t i = 0; i < len;)
		i += show(screen, text + i);
}

void screen_narrow(struct screen *screen, size_t columns)
{
	AUTO(buf_release) struct buf text = BUF_INIT(MIB);
	struct slice rest, line;

	read_all(screen);
	for (size_t row = 0; row <= screen->row; row++)
		add_row(screen, row, &text);
	set_size(screen, columns, screen->rows);
	memset(screen->cells, ' ', sizeof(screen->cells));
	screen->row = screen->column = 0;
	rest = buf_slice(&text);
	while (slice_cut(&rest, '\n', &line)) {
		for (size_t i = 0; i < line.len; i++)
			put(screen, line.data[i], 1);
		if (rest.len) {
			screen->column = 0;
			feed_line(screen);
		}
	}
}

const char *screen_text(struct screen *screen)
{
	size_t last = screen->rows, len;

	read_all(screen);
	len = screen->history.len;
	while (last && strspn(screen->cells[last - 1], " ") >= screen->columns)
		last--;
	for (size_t row = 0; row < last; row++)
		add_row(screen, row, &screen->history);
	/* Stands behind the end until the next line scrolls away. */
	screen->history.len = len;
	return screen->history.data;
}
