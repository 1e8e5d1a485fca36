/* SPDX-License-Identifier: MIT */
#include "flow/build/secrets.h"

#include <ctype.h>
#include <string.h>
#include <sys/stat.h>

#include "base/path.h"

#define ID_MAX_LEN 128

static bool is_word(const char *text, const char *more)
{
	size_t len = 0;

	for (; isalnum((unsigned char)text[len]) || (text[len] && strchr(more, text[len])); len++)
		;
	return len && len <= ID_MAX_LEN && !text[len];
}

/* Control characters end lines of logs; everything else may be in a path. */
static bool is_path(const char *text)
{
	const char *c = text;

	while (*c && !iscntrl((unsigned char)*c))
		c++;
	return *text && !*c && strlen(text) < LIMIT_PATH;
}

static bool is_variable(const char *text)
{
	return is_word(text, "_") && !isdigit((unsigned char)*text);
}

int secret_check_id(const char *id, struct error *err)
{
	return is_word(id, "._-") ? 0
				  : error_set(err, ERROR_INPUT,
					      "expected an ID of letters, digits, '.', '_' and "
					      "'-' (what was given is not shown)");
}

const char *secret_variable(const char *source)
{
	return str_starts(source, "env:") ? source + strlen("env:") : NULL;
}

static const char *file_of(const char *source)
{
	return str_starts(source, "file:") ? source + strlen("file:") : NULL;
}

int secret_check_source(const char *source, struct error *err)
{
	const char *name = secret_variable(source), *path = file_of(source);

	if ((name && is_variable(name)) ||
	    (path && is_path(path) && (path[0] == '/' || str_starts(path, "~/"))))
		return 0;
	return error_set(err, ERROR_INPUT,
			 "expected env:NAME or file:PATH, the path absolute or below ~/ (what was "
			 "given is not shown)");
}

static int malformed(struct error *err)
{
	return error_set(err, ERROR_INPUT,
			 "expected ID, id=ID,env=NAME or id=ID,src=FILE (what was given is not "
			 "shown)");
}

/* One "name=value" of docker's way to write a secret. */
static int parse_part(struct slice part, char **id, char **source, struct error *err)
{
	struct slice name;

	if (!memchr(part.data, '=', part.len) || !slice_cut(&part, '=', &name))
		return malformed(err);
	if (slice_is(name, "id") && !*id) {
		*id = str_copy_slice(part, err);
		return *id ? 0 : -1;
	}
	if (*source)
		return malformed(err);
	if (slice_is(name, "env"))
		*source = str_format(err, "env:%.*s", (int)part.len, part.data);
	else if (slice_is(name, "src") || slice_is(name, "source"))
		*source = str_format(err, "file:%.*s", (int)part.len, part.data);
	else
		return malformed(err);
	return *source ? 0 : -1;
}

static bool is_given_source(const char *source)
{
	const char *name = secret_variable(source);

	return name ? is_variable(name) : is_path(file_of(source));
}

int secret_parse(const char *text, struct strmap *secrets, struct error *err)
{
	AUTOFREE char *id = NULL, *source = NULL;
	struct slice rest = slice_of(text), part;

	if (!strpbrk(text, "=,")) {
		id = str_copy(text, err);
		if (!id)
			return -1;
	} else {
		while (slice_cut(&rest, ',', &part))
			if (parse_part(part, &id, &source, err))
				return -1;
	}
	if (!id || (source && !is_given_source(source)))
		return malformed(err);
	if (secret_check_id(id, err))
		return -1;
	if (!source && strmap_get(secrets, id))
		return 0;
	return strmap_set(secrets, id, source ? source : "", err);
}

int ssh_parse(const char *text, struct strmap *ssh, struct error *err)
{
	const char *socket = strchr(text, '=');
	AUTOFREE char *id = str_copy_slice((struct slice){ text, strcspn(text, "=") }, err);

	if (!id)
		return -1;
	if (!is_word(id, "._-") || (socket && !is_path(socket + 1)))
		return error_set(err, ERROR_INPUT, "expected ID or ID=SOCKET, not '%s'", text);
	return strmap_set(ssh, id, socket ? socket + 1 : "", err);
}

void secrets_release(struct secrets *secrets)
{
	for (size_t i = 0; i < secrets->len; i++)
		secret_release(&secrets->values[i]);
	free(secrets->values);
	free(secrets->items);
	free(secrets->ssh);
	*secrets = (struct secrets){ 0 };
}

static int unanswered(const char *id, struct error *err)
{
	error_set(err, ERROR_INPUT, "nothing answers it");
	return error_hint(err,
			  "git config imageSecret.%s.from env:NAME (or file:PATH), or --secret "
			  "id=%s,env=NAME",
			  id, id);
}

static int read_variable(const char *name, struct secret *ret_value, struct error *err)
{
	struct slice value = slice_of(getenv(name));

	if (!value.len)
		return error_set(err, ERROR_INPUT, "the variable '%s' is not set, or empty", name);
	if (value.len > LIMIT_SECRET)
		return error_set(err, ERROR_INPUT, "the variable '%s' holds more than %lu KiB",
				 name, LIMIT_SECRET / KIB);
	return secret_set(ret_value, value, err);
}

static int read_file(const char *path, struct secret *ret_value, struct error *err)
{
	const char *home = getenv("HOME");
	AUTOFREE char *below_home = NULL;

	if (str_starts(path, "~/")) {
		if (!home || !*home)
			return error_set(err, ERROR_INPUT, "'%s' has no home: HOME is not set",
					 path);
		below_home = path_join(home, path + 2, err);
		if (!below_home)
			return -1;
		path = below_home;
	}
	if (!secret_read(ret_value, path, LIMIT_SECRET, err))
		return ret_value->len ? 0 : error_set(err, ERROR_INPUT, "'%s' is empty", path);
	if (error_is(err, ERROR_NOT_FOUND))
		err->kind = ERROR_INPUT;
	return -1;
}

static int answer(const struct strmap_entry *asked, struct secret *ret_value, struct error *err)
{
	const char *name = secret_variable(asked->value), *path = file_of(asked->value);
	int status;

	if (name)
		status = read_variable(name, ret_value, err);
	else if (path)
		status = read_file(path, ret_value, err);
	else
		status = unanswered(asked->key, err);
	return status ? error_wrap(err, "secret '%s'", asked->key) : 0;
}

static int answer_secrets(const struct strmap *asked, struct secrets *secrets, struct error *err)
{
	secrets->values = calloc(asked->len + 1, sizeof(*secrets->values));
	secrets->items = calloc(asked->len + 1, sizeof(*secrets->items));
	if (!secrets->values || !secrets->items)
		return error_set_memory(err);
	for (; secrets->len < asked->len; secrets->len++) {
		size_t i = secrets->len;

		if (answer(&asked->entries[i], &secrets->values[i], err))
			return -1;
		secrets->items[i] =
			(struct engine_secret){ asked->entries[i].key, &secrets->values[i] };
	}
	return 0;
}

static int check_socket(const char *id, const char *path, struct error *err)
{
	struct stat st;

	if (!path || !*path) {
		error_set(err, ERROR_INPUT, "ssh '%s': SSH_AUTH_SOCK is not set", id);
		return error_hint(err,
				  "start an agent (eval \"$(ssh-agent)\"; ssh-add), or "
				  "--ssh %s=SOCKET",
				  id);
	}
	if (!stat(path, &st) && S_ISSOCK(st.st_mode))
		return 0;
	error_set(err, ERROR_INPUT, "ssh '%s': '%s' is not the socket of an agent", id, path);
	return error_hint(err, "a key is not read from a file: 'ssh-add' gives it to the agent");
}

static int answer_ssh(const struct strmap *asked, struct secrets *secrets, struct error *err)
{
	secrets->ssh = calloc(asked->len + 1, sizeof(*secrets->ssh));
	if (!secrets->ssh)
		return error_set_memory(err);
	for (; secrets->ssh_count < asked->len; secrets->ssh_count++) {
		const struct strmap_entry *entry = &asked->entries[secrets->ssh_count];
		const char *path = *entry->value ? entry->value : getenv("SSH_AUTH_SOCK");

		if (check_socket(entry->key, path, err))
			return -1;
		secrets->ssh[secrets->ssh_count] = (struct engine_ssh){ entry->key, path };
	}
	return 0;
}

int secrets_answer(const struct settings *settings, struct secrets *ret_secrets, struct error *err)
{
	AUTO(secrets_release) struct secrets secrets = { 0 };

	if (answer_secrets(&settings->secrets, &secrets, err) ||
	    answer_ssh(&settings->ssh, &secrets, err))
		return -1;
	*ret_secrets = secrets;
	secrets = (struct secrets){ 0 };
	return 0;
}
