/* SPDX-License-Identifier: MIT */
#include "engine/names.h"

#include <string.h>

#include "base/limits.h"
#include "base/str.h"

bool names_is_id(const char *reference)
{
	return str_is_hex(reference + (str_starts(reference, "sha256:") ? strlen("sha256:") : 0),
			  64);
}

char *names_full(const char *reference, struct error *err)
{
	AUTO(reference_release) struct reference parsed = { 0 };
	AUTO(buf_release) struct buf full = BUF_INIT(LIMIT_PATH);

	if (names_is_id(reference))
		return str_copy(reference + strlen(reference) - 64, err);
	if (reference_parse(reference, &parsed, err))
		return NULL;
	reference_format_canonical(&parsed, &full);
	if (parsed.tag)
		buf_add_format(&full, ":%s", parsed.tag);
	if (parsed.digest)
		buf_add_format(&full, "@%s", parsed.digest);
	return buf_check(&full, "the name of an image", err) ? NULL : buf_take(&full);
}

const char *names_familiar(const char *reference)
{
	if (str_starts(reference, REFERENCE_DOCKER_HUB "/"))
		reference += strlen(REFERENCE_DOCKER_HUB "/");
	if (str_starts(reference, "library/") && !strchr(reference + strlen("library/"), '/'))
		reference += strlen("library/");
	return reference;
}

char *names_as_asked(const char *tag, const struct reference *asked, bool *ret_is_asked,
		     struct error *err)
{
	AUTO(reference_release) struct reference parsed = { 0 };
	struct error ignored = { 0 };
	bool is_asked = asked && !reference_parse(tag, &parsed, &ignored) && parsed.tag &&
			reference_is_same_repository(&parsed, asked);

	if (ret_is_asked)
		*ret_is_asked = is_asked;
	if (is_asked)
		return str_format(err, "%s:%s", asked->name, parsed.tag);
	return str_copy(names_familiar(tag), err);
}
