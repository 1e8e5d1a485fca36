/* SPDX-License-Identifier: MIT */
#include "cli/stubs.h"

#include "base/buf.h"
#include "base/limits.h"

#define PLACE	     "@PROGRAM@"
#define STUB_MAX_LEN (4 * KIB + 2 * LIMIT_PATH)

/* As one word of a shell. */
static void add_quoted(struct buf *out, const char *word)
{
	buf_add_char(out, '\'');
	for (; *word; word++)
		if (*word == '\'')
			buf_add_text(out, "'\\''");
		else
			buf_add_char(out, *word);
	buf_add_char(out, '\'');
}

static const struct stub *find(const char *hook, struct error *err)
{
	AUTO(buf_release) struct buf names = BUF_INIT(256);

	for (const struct stub *stub = stubs; stub->hook; stub++) {
		if (!strcmp(stub->hook, hook))
			return stub;
		buf_add_format(&names, "%s%s", names.len ? " and " : "", stub->hook);
	}
	error_set(err, ERROR_USAGE, "no hook '%s': there are %s", hook, names.data);
	return NULL;
}

char *stub_make(const char *hook, const char *program, struct error *err)
{
	const struct stub *stub = find(hook, err);
	struct buf text = BUF_INIT(STUB_MAX_LEN);
	const char *place;

	if (!stub)
		return NULL;
	place = strstr(stub->text, PLACE);
	buf_add(&text, stub->text, (size_t)(place - stub->text));
	add_quoted(&text, program);
	buf_add_text(&text, place + strlen(PLACE));
	if (buf_check(&text, "hook", err)) {
		buf_release(&text);
		return NULL;
	}
	return buf_take(&text);
}
