/* SPDX-License-Identifier: MIT */
#include "registry/scope.h"

/* A registry that asks for more asks for nothing that we do. */
#define SCOPES_MAX  16
#define ACTIONS_MAX 256

void scopes_release(struct scopes *scopes)
{
	strmap_release(&scopes->actions);
}

static bool has_action(const char *actions, struct slice action)
{
	struct slice rest = slice_of(actions), one;

	while (slice_cut(&rest, ',', &one))
		if (slice_equal(one, action))
			return true;
	return false;
}

bool scopes_has(const struct scopes *scopes, const char *resource, const char *action)
{
	const char *actions = strmap_get(&scopes->actions, resource);

	return actions && has_action(actions, slice_of(action));
}

int scopes_add(struct scopes *scopes, struct slice resource, struct slice actions,
	       struct error *err)
{
	AUTOFREE char *key = str_copy_slice(resource, err);
	AUTO(buf_release) struct buf all = BUF_INIT(2 * ACTIONS_MAX);
	const char *before = key ? strmap_get(&scopes->actions, key) : NULL;
	struct slice action;

	if (!key)
		return -1;
	if (actions.len > ACTIONS_MAX || (!before && scopes->actions.len >= SCOPES_MAX))
		return 0;
	buf_add_text(&all, before ? before : "");
	while (slice_cut(&actions, ',', &action)) {
		if (!action.len || has_action(all.data, action) || all.len > ACTIONS_MAX)
			continue;
		if (all.len)
			buf_add_char(&all, ',');
		buf_add_slice(&all, action);
	}
	if (buf_check(&all, "a scope", err))
		return -1;
	return strmap_set(&scopes->actions, key, all.data, err);
}

/* A name may hold colons (a port), actions do not. */
static void split(struct slice scope, struct slice *ret_resource, struct slice *ret_actions)
{
	size_t len = scope.len;

	while (len && scope.data[len - 1] != ':')
		len--;
	*ret_resource = (struct slice){ scope.data, len ? len - 1 : scope.len };
	*ret_actions = len ? slice_skip(scope, len) : (struct slice){ scope.data, 0 };
}

int scopes_merge(struct scopes *scopes, const char *challenge, const char *own, bool with_own,
		 struct error *err)
{
	struct slice rest = slice_of(challenge), scope, resource, actions;

	while (slice_cut(&rest, ' ', &scope)) {
		split(scope, &resource, &actions);
		if (!resource.len || (!with_own && slice_is(resource, own)))
			continue;
		if (scopes_add(scopes, resource, actions, err))
			return -1;
	}
	return 0;
}

void scopes_print(const struct scopes *scopes, const char *separator, struct buf *out)
{
	for (size_t i = 0; i < scopes->actions.len; i++) {
		const struct strmap_entry *entry = &scopes->actions.entries[i];

		if (i)
			buf_add_text(out, separator);
		buf_add_url(out, entry->key, "/:");
		if (!entry->value[0])
			continue;
		buf_add_char(out, ':');
		buf_add_url(out, entry->value, ",");
	}
}
