/* SPDX-License-Identifier: MIT */
#include "auth/helper.h"

#include "auth/entry.h"
#include "base/limits.h"
#include "base/process.h"
#include "codec/json.h"

/* What every helper says, word by word, when it has nothing. */
#define HAS_NONE "credentials not found in native keychain"

static bool is_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_.-";

	return name[0] && !name[strspn(name, letters)];
}

static int wrong_reply(const char *program, struct error *err)
{
	if (error_is(err, ERROR_MEMORY))
		return -1;
	return error_set(err, ERROR_DENIED, "the answer of '%s' is not as its protocol says",
			 program);
}

/* {"ServerURL": ..., "Username": ..., "Secret": ...} */
static int read_reply(const char *program, const struct buf *reply, struct credentials *credentials,
		      struct error *err)
{
	AUTO(json_freep) struct json *json = json_parse(buf_slice(reply), err);
	const char *user, *secret;

	if (!json)
		return wrong_reply(program, err);
	user = json_text(json_get(json, "Username"));
	secret = json_text(json_get(json, "Secret"));
	if (!user || !secret)
		return wrong_reply(program, err);
	if (str_equal(user, "<token>"))
		return entry_set(&credentials->identity_token, slice_of(secret), err)
			       ? wrong_reply(program, err)
			       : 0;
	if (entry_set(&credentials->user, slice_of(user), err) ||
	    entry_set(&credentials->password, slice_of(secret), err))
		return wrong_reply(program, err);
	return 0;
}

int helper_get(const char *name, const char *server, struct credentials *ret_credentials,
	       struct error *err)
{
	AUTO(secret_buf_release) struct buf reply = BUF_INIT(LIMIT_HELPER_REPLY);
	AUTOFREE char *program = NULL;
	struct slice message;
	int code;

	if (!is_name(name))
		return error_set(err, ERROR_INPUT, "'%.60s' is no name of a credential helper",
				 name);
	program = str_format(err, "docker-credential-%s", name);
	if (!program)
		return -1;
	if (process_run(
		    &(struct process_options){
			    .argv = (const char *const[]){ program, "get", NULL },
			    .input = slice_of(server),
			    .timeout_ms = LIMIT_HELPER_MS,
		    },
		    &reply, &code, err))
		return -1;
	if (!code)
		return read_reply(program, &reply, ret_credentials, err);
	message = slice_trim(buf_slice(&reply));
	if (slice_is(message, HAS_NONE))
		return 0;
	return error_set(err, ERROR_DENIED, "'%s' ended with exit code %d%s%.*s", program, code,
			 message.len ? ": " : "",
			 message.len > LIMIT_PEER_TEXT ? LIMIT_PEER_TEXT : (int)message.len,
			 message.data);
}
