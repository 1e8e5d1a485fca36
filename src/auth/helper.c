/* SPDX-License-Identifier: MIT */
#include "auth/helper.h"

#include <pthread.h>

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

static int wrong_reply(const char *name, struct error *err)
{
	if (error_is(err, ERROR_MEMORY))
		return -1;
	return error_set(err, ERROR_DENIED,
			 "the answer of 'docker-credential-%s' is not as its protocol says", name);
}

/* {"ServerURL": ..., "Username": ..., "Secret": ...} */
static int read_reply(const char *name, const struct buf *reply, struct credentials *credentials,
		      struct error *err)
{
	AUTO(json_freep) struct json *json = json_parse(buf_slice(reply), err);
	const char *user, *secret;

	if (!json)
		return wrong_reply(name, err);
	user = json_text(json_get(json, "Username"));
	secret = json_text(json_get(json, "Secret"));
	if (!user || !secret)
		return wrong_reply(name, err);
	if (str_equal(user, "<token>"))
		return entry_set(&credentials->identity_token, slice_of(secret), err)
			       ? wrong_reply(name, err)
			       : 0;
	if (entry_set(&credentials->user, slice_of(user), err) ||
	    entry_set(&credentials->password, slice_of(secret), err))
		return wrong_reply(name, err);
	return 0;
}

/* 1 with its answer; 0 if it has nothing. */
static int run(const char *name, const char *action, struct slice input, struct buf *reply,
	       struct error *err)
{
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
			    .argv = (const char *const[]){ program, action, NULL },
			    .input = input,
			    .timeout_ms = LIMIT_HELPER_MS,
		    },
		    reply, &code, err))
		return -1;
	if (!code)
		return 1;
	message = slice_trim(buf_slice(reply));
	if (slice_is(message, HAS_NONE))
		return 0;
	return error_set(err, ERROR_DENIED, "'%s' ended with exit code %d%s%.*s", program, code,
			 message.len ? ": " : "",
			 message.len > LIMIT_PEER_TEXT ? LIMIT_PEER_TEXT : (int)message.len,
			 message.data);
}

/* The last answers: of many repositories at one host each asks, and a helper may take
 * a second or open a window. Nothing but this knows them. */
struct answer {
	char *name, *server;
	struct credentials credentials;
};

static struct answer answers[4];
static size_t next_answer;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void forget(struct answer *answer)
{
	free(answer->name);
	free(answer->server);
	credentials_release(&answer->credentials);
	*answer = (struct answer){ 0 };
}

static void forget_all(void)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++)
		forget(&answers[i]);
	pthread_mutex_unlock(&lock);
}

static int keep(const char *name, const char *server, const struct credentials *credentials,
		struct error *err)
{
	struct answer *answer = &answers[next_answer++ % ARRAY_SIZE(answers)];

	forget(answer);
	if (!str_replace(&answer->name, name, err) && !str_replace(&answer->server, server, err) &&
	    !credentials_copy(&answer->credentials, credentials, err))
		return 0;
	forget(answer);
	return -1;
}

static int ask(const char *name, const char *server, struct credentials *ret_credentials,
	       struct error *err)
{
	AUTO(secret_buf_release) struct buf reply = BUF_INIT(LIMIT_HELPER_REPLY);
	int status;

	for (size_t i = 0; i < ARRAY_SIZE(answers); i++)
		if (str_equal(answers[i].name, name) && str_equal(answers[i].server, server))
			return credentials_copy(ret_credentials, &answers[i].credentials, err);
	status = run(name, "get", slice_of(server), &reply, err);
	if (status < 0 || (status && read_reply(name, &reply, ret_credentials, err)))
		return -1;
	return keep(name, server, ret_credentials, err);
}

int helper_get(const char *name, const char *server, struct credentials *ret_credentials,
	       struct error *err)
{
	int status;

	pthread_mutex_lock(&lock);
	status = ask(name, server, ret_credentials, err);
	pthread_mutex_unlock(&lock);
	return status;
}

int helper_store(const char *name, const char *server, const struct credentials *credentials,
		 struct error *err)
{
	AUTO(secret_buf_release) struct buf input = BUF_INIT(LIMIT_CREDENTIAL_FILE);
	AUTO(secret_buf_release) struct buf reply = BUF_INIT(LIMIT_HELPER_REPLY);
	struct json_writer writer = JSON_WRITER(&input);

	json_open_object(&writer, NULL);
	json_add_text(&writer, "ServerURL", server);
	json_add_text(&writer, "Username", credentials->user.data);
	json_add_text(&writer, "Secret", credentials->password.data);
	json_close_object(&writer);
	if (buf_check(&input, "credentials", err))
		return -1;
	forget_all();
	return run(name, "store", buf_slice(&input), &reply, err) < 0 ? -1 : 0;
}

int helper_erase(const char *name, const char *server, struct error *err)
{
	AUTO(secret_buf_release) struct buf reply = BUF_INIT(LIMIT_HELPER_REPLY);

	forget_all();
	return run(name, "erase", slice_of(server), &reply, err) < 0 ? -1 : 0;
}
