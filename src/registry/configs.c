/* SPDX-License-Identifier: MIT */
#include "registry/configs.h"

#include <string.h>

#include "base/limits.h"

void configs_release(struct configs *configs)
{
	for (size_t i = 0; i < CONFIGS_KEPT; i++)
		buf_release(&configs->items[i].bytes);
	*configs = (struct configs){ 0 };
}

void configs_keep(struct configs *configs, const struct digest_text *digest, struct slice bytes)
{
	size_t at = configs->next;
	struct buf *kept = &configs->items[at].bytes;

	buf_release(kept);
	buf_init(kept, LIMIT_JSON_DOCUMENT);
	buf_add_slice(kept, bytes);
	configs->items[at].digest = *digest;
	if (kept->has_failed)
		configs->items[at].digest.text[0] = '\0';
	configs->next = (at + 1) % CONFIGS_KEPT;
}

bool configs_find(const struct configs *configs, const char *digest, struct buf *ret_bytes)
{
	for (size_t i = 0; i < CONFIGS_KEPT; i++) {
		if (strcmp(configs->items[i].digest.text, digest) != 0)
			continue;
		buf_add_slice(ret_bytes, buf_slice(&configs->items[i].bytes));
		return true;
	}
	return false;
}
