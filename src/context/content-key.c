/* SPDX-License-Identifier: MIT */
#include "context/content-key.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* Of the encoding; another one never gives the same key. */
#define ENCODING "git-image content key 1"

void content_key_release(struct content_key *key)
{
	for (size_t i = 0; i < key->len; i++) {
		free(key->inputs[i].name);
		free(key->inputs[i].value);
	}
	free(key->inputs);
	*key = (struct content_key){ 0 };
}

const char *key_kind_name(enum key_kind kind)
{
	static const char *const names[] = {
		[KEY_DOCKERFILE] = "Dockerfile",
		[KEY_FILES] = "files",
		[KEY_TARGET] = "target",
		[KEY_PLATFORM] = "platform",
		[KEY_BUILD_ARG] = "build arg",
		[KEY_LABEL] = "label",
		[KEY_BASE] = "base",
		[KEY_PARENT] = "parent",
		[KEY_FRONTEND] = "frontend",
		[KEY_BUILDER] = "builder",
		[KEY_INTERVAL] = "interval",
		[KEY_EXTRA] = "extra input",
	};

	return names[kind];
}

static int compare(const struct key_input *input, enum key_kind kind, const char *name)
{
	if (input->kind != kind)
		return input->kind < kind ? -1 : 1;
	return strcmp(input->name, name);
}

/* Where it is or would have to stand. */
static size_t find(const struct content_key *key, enum key_kind kind, const char *name)
{
	size_t from = 0, to = key->len;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (compare(&key->inputs[middle], kind, name) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

int content_key_add(struct content_key *key, enum key_kind kind, const char *name,
		    const char *value, struct error *err)
{
	size_t at = find(key, kind, name);
	AUTOFREE char *own_name = NULL, *own_value = NULL;
	struct key_input *inputs;

	if (at < key->len && !compare(&key->inputs[at], kind, name))
		return str_replace(&key->inputs[at].value, value, err);
	own_name = str_copy(name, err);
	own_value = own_name ? str_copy(value, err) : NULL;
	if (!own_value)
		return -1;
	inputs = reallocarray(key->inputs, key->len + 1, sizeof(*inputs));
	if (!inputs)
		return error_set_memory(err);
	memmove(inputs + at + 1, inputs + at, (key->len - at) * sizeof(*inputs));
	inputs[at] = (struct key_input){ kind, TAKE(own_name), TAKE(own_value) };
	key->inputs = inputs;
	key->len++;
	return 0;
}

/* Length in eight bytes, the lowest first, then the bytes. */
static void add_text(struct digest *digest, const char *text)
{
	unsigned char length[8];
	size_t len = strlen(text);

	for (size_t i = 0; i < sizeof(length); i++)
		length[i] = (unsigned char)((uint64_t)len >> (8 * i));
	digest_add(digest, length, sizeof(length));
	digest_add(digest, text, len);
}

int content_key_digest(const struct content_key *key, struct digest_text *ret_digest,
		       struct error *err)
{
	AUTO(digest_release) struct digest digest = { 0 };

	if (digest_init(&digest, err))
		return -1;
	add_text(&digest, ENCODING);
	for (size_t i = 0; i < key->len; i++) {
		add_text(&digest, key_kind_name(key->inputs[i].kind));
		add_text(&digest, key->inputs[i].name);
		add_text(&digest, key->inputs[i].value);
	}
	*ret_digest = digest_finish(&digest);
	return 0;
}

bool content_key_differ(const struct content_key *a, const struct content_key *b,
			const struct key_input **ret_a, const struct key_input **ret_b)
{
	for (size_t i = 0; i < a->len || i < b->len; i++) {
		const struct key_input *of_a = i < a->len ? &a->inputs[i] : NULL;
		const struct key_input *of_b = i < b->len ? &b->inputs[i] : NULL;
		int order = !of_a ? 1 : !of_b ? -1 : compare(of_a, of_b->kind, of_b->name);

		if (!order && !strcmp(of_a->value, of_b->value))
			continue;
		*ret_a = order <= 0 ? of_a : NULL;
		*ret_b = order >= 0 ? of_b : NULL;
		return true;
	}
	return false;
}
