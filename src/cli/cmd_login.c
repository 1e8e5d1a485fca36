/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <unistd.h>

#include "auth/store.h"
#include "base/limits.h"
#include "cli/prompt.h"
#include "cli/registry-host.h"
#include "registry/login.h"
#include "report/report.h"

static int read_input(struct buf *text, struct error *err)
{
	char chunk[4096];
	ssize_t len;
	int errnum;

	do {
		len = read(STDIN_FILENO, chunk, sizeof(chunk));
		errnum = errno;
		if (len > 0)
			buf_add(text, chunk, (size_t)len);
	} while (len > 0 || (len < 0 && errnum == EINTR));
	secret_wipe(chunk, sizeof(chunk));
	return len ? error_set_errno(err, errnum, "cannot read standard input") : 0;
}

/* All of standard input but the end of its last line. */
static int read_password(struct secret *ret_password, struct error *err)
{
	AUTO(secret_buf_release) struct buf text = BUF_INIT(LIMIT_CREDENTIAL);

	if (read_input(&text, err))
		return -1;
	if (buf_check(&text, "the password", err))
		return -1;
	if (str_ends(text.data, "\n"))
		buf_truncate(&text, text.len - 1);
	if (str_ends(text.data, "\r"))
		buf_truncate(&text, text.len - 1);
	if (!text.len)
		return error_set(err, ERROR_INPUT, "standard input holds no password");
	return secret_set(ret_password, buf_slice(&text), err);
}

/* Who cannot be asked is told the option that says it. */
static int ask(const char *question, bool is_secret, const char *option, struct secret *ret_answer,
	       struct error *err)
{
	if (!prompt_line(question, is_secret, ret_answer, err))
		return 0;
	if (!error_is(err, ERROR_NOT_FOUND))
		return -1;
	err->kind = ERROR_USAGE;
	return error_hint(err, "say it with %s", option);
}

static int ask_user(const struct options *options, const char *host, struct secret *ret_user,
		    struct error *err)
{
	AUTOFREE char *question = str_format(err, "User at %s: ", host);

	if (!question)
		return -1;
	if (options->username)
		return secret_set(ret_user, slice_of(options->username), err);
	return ask(question, false, "--username", ret_user, err);
}

static int ask_password(const struct options *options, const char *host, const char *user,
			struct secret *ret_password, struct error *err)
{
	AUTOFREE char *question = str_format(err, "Password of %s at %s: ", user, host);

	if (!question)
		return -1;
	if (options->reads_password)
		return read_password(ret_password, err);
	return ask(question, true, "--password-stdin", ret_password, err);
}

static int check(const struct credentials *credentials, struct error *err)
{
	const struct secret *texts[] = { &credentials->user, &credentials->password };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		for (size_t k = 0; k < texts[i]->len; k++)
			if ((unsigned char)texts[i]->data[k] < ' ' || texts[i]->data[k] == 0x7f)
				return error_set(err, ERROR_INPUT, "a control character in the %s",
						 i ? "password" : "user's name");
	if (!credentials->user.len)
		return error_set(err, ERROR_USAGE, "a user without a name");
	return 0;
}

static void tell(struct cli *cli, const char *host, const struct credentials *credentials,
		 const struct store_place *place)
{
	struct json_writer *writer = report_open(cli->report, "login");

	if (writer) {
		json_add_text(writer, "registry", host);
		json_add_text(writer, "user", credentials->user.data);
		json_add_text(writer, "kept", place->text);
		report_close(cli->report);
	}
	report_result(cli->report, "logged in to '%s' as '%s'", host, credentials->user.data);
}

static int log_in(struct cli *cli, const struct registry_host *host,
		  const struct credentials *credentials, struct error *err)
{
	const struct registry_options options =
		settings_registry_options(&host->settings, cli->sink);
	AUTO(store_place_release) struct store_place place = { 0 };
	bool asks;

	if (registry_log_in(host->host, credentials, &options, &asks, err))
		return -1;
	if (!asks)
		event_warning(cli->sink,
			      "'%s' lets anybody in: whether the password is right is not known",
			      host->host);
	if (cli->options->is_dry_run) {
		event_notice(cli->sink, "dry run: the credentials are not kept");
		return 0;
	}
	if (credentials_store(host->host, credentials, &place, err))
		return -1;
	if (place.is_plain)
		event_warning(cli->sink,
			      "'%s' is not encrypted: whoever reads it has the password; docker's "
			      "credsStore names a program that keeps it",
			      place.text);
	tell(cli, host->host, credentials, &place);
	return 0;
}

int cmd_login(struct cli *cli, struct error *err)
{
	const struct options *options = cli->options;
	const char *word = options->words.len ? options->words.items[0] : NULL;
	AUTO(registry_host_release) struct registry_host host = { 0 };
	AUTO(credentials_release) struct credentials credentials = { 0 };

	if (registry_host_find(cli, word, !options->reads_password, &host, err) ||
	    ask_user(options, host.host, &credentials.user, err) ||
	    ask_password(options, host.host, credentials.user.data, &credentials.password, err) ||
	    check(&credentials, err))
		return -1;
	return log_in(cli, &host, &credentials, err) ? error_wrap(err, "cannot log in") : 0;
}
