/* SPDX-License-Identifier: MIT */
#include "auth/entry.h"

#include "base/limits.h"
#include "codec/base64.h"

int entry_set(struct secret *secret, struct slice text, struct error *err)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.data[i] < ' ' || text.data[i] == 0x7f)
			return error_set(err, ERROR_INPUT, "a control character in a credential");
	return text.len ? secret_set(secret, text, err) : 0;
}

/* base64(user:password); old files have NULs at the end. */
static int read_auth(const char *auth, struct credentials *credentials, struct error *err)
{
	AUTO(secret_buf_release) struct buf text = BUF_INIT(LIMIT_CREDENTIAL_FILE);
	struct slice rest, user;

	if (base64_decode(slice_trim(slice_of(auth)), BASE64_STANDARD, &text, err)) {
		if (error_is(err, ERROR_INPUT))
			error_set(err, ERROR_INPUT, "'auth' is not base64");
		return -1;
	}
	rest = buf_slice(&text);
	while (rest.len && !rest.data[rest.len - 1])
		rest.len--;
	if (!rest.len)
		return 0;
	if (!memchr(rest.data, ':', rest.len))
		return error_set(err, ERROR_INPUT, "'auth' has no ':'");
	if (!slice_cut(&rest, ':', &user) || !user.len)
		return error_set(err, ERROR_INPUT, "'auth' has no user");
	return entry_set(&credentials->user, user, err) ||
			       entry_set(&credentials->password, rest, err)
		       ? -1
		       : 0;
}

/* NULL if it has none. */
static int member_text(const struct json *entry, const char *name, const char **ret_text,
		       struct error *err)
{
	const struct json *value = json_get(entry, name);
	const char *text = json_text(value);

	if (!text && value && json_type(value) != JSON_NULL)
		return error_set(err, ERROR_INPUT, "'%s' is not a string", name);
	*ret_text = text;
	return 0;
}

static int read_member(const struct json *entry, const char *name, struct secret *secret,
		       struct error *err)
{
	const char *text;

	if (member_text(entry, name, &text, err))
		return -1;
	return text ? entry_set(secret, slice_of(text), err) : 0;
}

static int read_members(const struct json *entry, struct credentials *ret_credentials,
			struct error *err)
{
	const char *auth;
	const struct {
		const char *name;
		struct secret *secret;
	} members[] = {
		{ "username", &ret_credentials->user },
		{ "password", &ret_credentials->password },
		{ "identitytoken", &ret_credentials->identity_token },
		{ "registrytoken", &ret_credentials->registry_token },
	};

	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (read_member(entry, members[i].name, members[i].secret, err))
			return -1;
	if (member_text(entry, "auth", &auth, err))
		return -1;
	return auth ? read_auth(auth, ret_credentials, err) : 0;
}

int entry_read(const struct json *entry, struct credentials *ret_credentials, struct error *err)
{
	if (json_type(entry) == JSON_NULL)
		return 0;
	if (json_type(entry) != JSON_OBJECT)
		return error_set(err, ERROR_INPUT, "not an object");
	return read_members(entry, ret_credentials, err);
}
