/* SPDX-License-Identifier: MIT */
#include "codec/tar-pax.h"

#include <ctype.h>

void tar_records_init(struct tar_records *records)
{
	*records = (struct tar_records){ 0 };
	buf_init(&records->path, LIMIT_PATH);
	buf_init(&records->link, LIMIT_PATH);
}

void tar_records_release(struct tar_records *records)
{
	buf_release(&records->path);
	buf_release(&records->link);
}

void tar_records_clear(struct tar_records *records)
{
	buf_reset(&records->path);
	buf_reset(&records->link);
	records->has_path = false;
	records->has_link = false;
	records->has_size = false;
	records->has_mtime = false;
}

bool tar_records_is_empty(const struct tar_records *records)
{
	return !records->has_path && !records->has_link && !records->has_size &&
	       !records->has_mtime;
}

static int malformed(struct error *err)
{
	return error_set(err, ERROR_PROTOCOL, "tar: a pax record is not valid");
}

/* An empty value takes back what an earlier record said. */
static int set_text(struct buf *text, bool *has_text, struct slice value, struct error *err)
{
	if (value.len && memchr(value.data, '\0', value.len))
		return malformed(err);
	buf_reset(text);
	buf_add_slice(text, value);
	*has_text = value.len > 0;
	if (text->is_too_long)
		return error_set(err, ERROR_PROTOCOL, "tar: a path is longer than %d bytes",
				 LIMIT_PATH);
	return buf_check(text, "tar: a path", err);
}

int tar_records_set_path(struct tar_records *records, struct slice path, struct error *err)
{
	return set_text(&records->path, &records->has_path, path, err);
}

int tar_records_set_link(struct tar_records *records, struct slice link, struct error *err)
{
	return set_text(&records->link, &records->has_link, link, err);
}

/* Decimal digits up to `end`; false without any or beyond 2^53. */
static bool cut_digits(struct slice *text, int64_t *ret_value)
{
	int64_t value = 0;
	size_t i = 0;

	for (; i < text->len && isdigit((unsigned char)text->data[i]); i++) {
		value = value * 10 + (text->data[i] - '0');
		if (value > 1LL << 53)
			return false;
	}
	*text = slice_skip(*text, i);
	*ret_value = value;
	return i > 0;
}

/* "SECONDS[.FRACTION]", which may be negative; digits beyond the ninth are
 * dropped. */
static bool parse_time(struct slice text, struct timespec *ret_time)
{
	bool is_negative = slice_starts(text, "-");
	struct timespec when = { 0 };
	int64_t seconds;
	long unit = 100000000;

	text = slice_skip(text, is_negative);
	if (!cut_digits(&text, &seconds))
		return false;
	if (slice_starts(text, "."))
		text = slice_skip(text, 1);
	else if (text.len)
		return false;
	for (size_t i = 0; i < text.len; i++, unit /= 10) {
		if (!isdigit((unsigned char)text.data[i]))
			return false;
		when.tv_nsec += unit * (text.data[i] - '0');
	}
	when.tv_sec = (time_t)seconds;
	if (is_negative) {
		when.tv_sec = -when.tv_sec - (when.tv_nsec > 0);
		when.tv_nsec = when.tv_nsec ? 1000000000 - when.tv_nsec : 0;
	}
	*ret_time = when;
	return true;
}

static int take_record(struct tar_records *records, struct slice key, struct slice value,
		       struct error *err)
{
	if (slice_is(key, "path"))
		return tar_records_set_path(records, value, err);
	if (slice_is(key, "linkpath"))
		return tar_records_set_link(records, value, err);
	if (slice_starts(key, "GNU.sparse."))
		return error_set(err, ERROR_PROTOCOL, "tar: a sparse file");
	if (slice_is(key, "size")) {
		records->has_size = value.len > 0;
		if (value.len && (!cut_digits(&value, &records->size) || value.len))
			return malformed(err);
	}
	if (slice_is(key, "mtime")) {
		records->has_mtime = value.len > 0;
		if (value.len && !parse_time(value, &records->mtime))
			return malformed(err);
	}
	return 0;
}

/* "LENGTH KEY=VALUE\n", where LENGTH counts all of it. */
static bool cut_record(struct slice *text, struct slice *ret_key, struct slice *ret_value)
{
	struct slice rest = *text;
	const char *equals;
	size_t head;
	int64_t len;

	if (!cut_digits(&rest, &len) || !slice_starts(rest, " "))
		return false;
	head = text->len - rest.len + 1;
	if ((uint64_t)len <= head || (uint64_t)len > text->len || text->data[len - 1] != '\n')
		return false;
	rest = (struct slice){ text->data + head, (size_t)len - head - 1 };
	equals = memchr(rest.data, '=', rest.len);
	if (!equals || equals == rest.data)
		return false;
	*ret_key = (struct slice){ rest.data, (size_t)(equals - rest.data) };
	*ret_value = slice_skip(rest, ret_key->len + 1);
	*text = slice_skip(*text, (size_t)len);
	return true;
}

int tar_records_parse(struct tar_records *records, struct slice text, struct error *err)
{
	struct slice key, value;

	while (text.len) {
		if (!cut_record(&text, &key, &value))
			return malformed(err);
		if (take_record(records, key, value, err))
			return -1;
	}
	return 0;
}
