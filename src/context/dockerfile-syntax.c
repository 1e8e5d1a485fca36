/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <strings.h>

#include "context/dockerfile.h"

static struct slice skip_space(struct slice text)
{
	while (text.len && slice_is_space(text.data[0]))
		text = slice_skip(text, 1);
	return text;
}

/* "# key = value" or "// key = value". BuildKit 0.8 also looks behind one whose
 * key it does not know, newer ones do not. */
static bool is_directive(struct slice line, struct slice *ret_key)
{
	size_t len = 0;

	if (!slice_starts(line, "#") && !slice_starts(line, "//"))
		return false;
	line = skip_space(slice_skip(line, line.data[0] == '#' ? 1 : 2));
	while (len < line.len && isalnum((unsigned char)line.data[len]))
		len++;
	*ret_key = (struct slice){ line.data, len };
	line = skip_space(slice_skip(line, len));
	return len && isalpha((unsigned char)ret_key->data[0]) && slice_starts(line, "=") &&
	       skip_space(slice_skip(line, 1)).len;
}

static bool is_syntax(struct slice key)
{
	return key.len == strlen("syntax") && !strncasecmp(key.data, "syntax", key.len);
}

/* "# syntax: value" is a comment, whatever the value is. */
static void add_comment(struct buf *out, struct slice line)
{
	struct slice before = { line.data, 0 };

	while (line.data[before.len] != '=')
		before.len++;
	buf_add_slice(out, before);
	buf_add_char(out, ':');
	buf_add_slice(out, slice_skip(line, before.len + 1));
	buf_add_char(out, '\n');
}

static void copy_start(struct slice *rest, const char *start, size_t len, struct buf *out)
{
	if (!slice_starts(*rest, start))
		return;
	buf_add(out, rest->data, len);
	*rest = slice_skip(*rest, len);
}

void dockerfile_disarm_syntax(struct slice text, struct buf *out)
{
	AUTO(buf_release) struct buf comments = BUF_INIT(LIMIT_DOCKERFILE + 1);
	const char *shebang_end;
	struct slice rest, line, key;

	copy_start(&text, "\xef\xbb\xbf", 3, out);
	shebang_end = text.len ? memchr(text.data, '\n', text.len) : NULL;
	if (shebang_end)
		copy_start(&text, "#!", (size_t)(shebang_end + 1 - text.data), out);
	for (rest = text; slice_cut(&rest, '\n', &line) && is_directive(line, &key); text = rest) {
		if (is_syntax(key)) {
			add_comment(&comments, line);
			continue;
		}
		buf_add_slice(out, line);
		buf_add_char(out, '\n');
	}
	buf_add_slice(out, buf_slice(&comments));
	buf_add_slice(out, text);
	if (comments.has_failed)
		out->has_failed = true;
}
