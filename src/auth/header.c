/* SPDX-License-Identifier: MIT */
#include "auth/credentials.h"

#include "auth/server.h"
#include "base/limits.h"
#include "codec/base64.h"
#include "codec/json.h"

static void add_secret(struct json_writer *writer, const char *key, const struct secret *secret)
{
	if (secret->data)
		json_add_slice(writer, key, (struct slice){ secret->data, secret->len });
}

/* The engine takes one kind; a token says more than a password. */
static void add_credentials(struct json_writer *writer, const char *key,
			    const struct credentials *credentials, const char *host)
{
	json_open_object(writer, key);
	if (credentials->registry_token.data) {
		add_secret(writer, "registrytoken", &credentials->registry_token);
	} else if (credentials->identity_token.data) {
		add_secret(writer, "identitytoken", &credentials->identity_token);
	} else {
		add_secret(writer, "username", &credentials->user);
		add_secret(writer, "password", &credentials->password);
	}
	if (!credentials_are_anonymous(credentials))
		json_add_text(writer, "serveraddress", server_name(host));
	json_close_object(writer);
}

void credentials_add_basic(const struct credentials *credentials, struct buf *out)
{
	const struct secret *user = &credentials->user, *password = &credentials->password;
	AUTO(secret_buf_release) struct buf pair = BUF_INIT(LIMIT_CREDENTIAL_FILE);

	buf_add(&pair, user->data, user->len);
	buf_add_char(&pair, ':');
	buf_add(&pair, password->data, password->len);
	out->has_failed |= pair.has_failed;
	base64_encode(buf_slice(&pair), BASE64_STANDARD, out);
}

/* JSON into the text of a header. */
static int encode(const struct buf *json, struct secret *ret_header, struct error *err)
{
	AUTO(secret_buf_release) struct buf text = BUF_INIT(2 * LIMIT_CREDENTIAL_FILE);

	if (buf_check(json, "credentials", err))
		return -1;
	base64_encode(buf_slice(json), BASE64_URL, &text);
	if (buf_check(&text, "credentials", err))
		return -1;
	return secret_set(ret_header, buf_slice(&text), err);
}

int credentials_registry_auth(const struct credentials *credentials, const char *host,
			      struct secret *ret_header, struct error *err)
{
	AUTO(secret_buf_release) struct buf json = BUF_INIT(LIMIT_CREDENTIAL_FILE);
	struct json_writer writer = JSON_WRITER(&json);

	add_credentials(&writer, NULL, credentials, host);
	return encode(&json, ret_header, err);
}

int credentials_registry_config(const struct strv *hosts, struct secret *ret_header,
				struct error *err)
{
	AUTO(secret_buf_release) struct buf json = BUF_INIT(LIMIT_CREDENTIAL_FILE);
	struct json_writer writer = JSON_WRITER(&json);

	json_open_object(&writer, NULL);
	for (size_t i = 0; i < hosts->len; i++) {
		AUTO(credentials_release) struct credentials credentials = { 0 };
		const char *host = hosts->items[i];

		if (credentials_find(host, NULL, &credentials, err))
			return -1;
		if (!credentials_are_anonymous(&credentials))
			add_credentials(&writer, server_name(host), &credentials, host);
	}
	json_close_object(&writer);
	return encode(&json, ret_header, err);
}
