/* SPDX-License-Identifier: MIT */
#include "auth/credentials.h"

#include "auth/ci.h"
#include "auth/entry.h"
#include "auth/files.h"
#include "auth/helper.h"
#include "auth/server.h"
#include "base/process.h"
#include "codec/json.h"

#define VARIABLE "DOCKER_AUTH_CONFIG"

void credentials_release(struct credentials *credentials)
{
	secret_release(&credentials->user);
	secret_release(&credentials->password);
	secret_release(&credentials->identity_token);
	secret_release(&credentials->registry_token);
}

bool credentials_are_anonymous(const struct credentials *credentials)
{
	return !credentials->user.data && !credentials->password.data &&
	       !credentials->identity_token.data && !credentials->registry_token.data;
}

static int copy(struct secret *secret, const struct secret *from, struct error *err)
{
	return from->data ? secret_set(secret, (struct slice){ from->data, from->len }, err) : 0;
}

int credentials_copy(struct credentials *credentials, const struct credentials *from,
		     struct error *err)
{
	return copy(&credentials->user, &from->user, err) ||
			       copy(&credentials->password, &from->password, err) ||
			       copy(&credentials->identity_token, &from->identity_token, err) ||
			       copy(&credentials->registry_token, &from->registry_token, err)
		       ? -1
		       : 0;
}

/* Whose credentials are looked for. */
struct search {
	const char *server; /* as helpers know it */
	struct strv keys;
	struct credentials found;
};

static void search_release(struct search *search)
{
	strv_release(&search->keys);
	credentials_release(&search->found);
}

static bool is_found(const struct search *search)
{
	return !credentials_are_anonymous(&search->found);
}

static int ask_helper(const char *name, const char *option, struct search *search,
		      struct error *err)
{
	if (!name || !name[0] || is_found(search))
		return 0;
	return helper_get(name, search->server, &search->found, err) ? error_wrap(err, "%s", option)
								     : 0;
}

static const char *find_helper(const struct json *helpers, const struct search *search)
{
	for (size_t i = 0; i < search->keys.len; i++) {
		const char *name = json_text(json_get(helpers, search->keys.items[i]));

		if (name)
			return name;
	}
	return NULL;
}

static int read_entries(const struct json *entries, struct search *search, struct error *err)
{
	for (size_t i = 0; i < search->keys.len && !is_found(search); i++) {
		const char *key = search->keys.items[i];
		const struct json *entry = json_get(entries, key);

		if (entry && entry_read(entry, &search->found, err))
			return error_wrap(err, "auths.'%s'", key);
	}
	return 0;
}

/* What has another shape would be as good as not there. */
static int check_shape(const struct json *document, struct error *err)
{
	static const char *const members[] = { "auths", "credHelpers" };

	if (document && json_type(document) != JSON_OBJECT)
		return error_set(err, ERROR_INPUT, "JSON: not an object");
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		const struct json *member = json_get(document, members[i]);

		if (member && json_type(member) != JSON_NULL && json_type(member) != JSON_OBJECT)
			return error_set(err, ERROR_INPUT, "'%s' is not an object", members[i]);
	}
	return 0;
}

static int search_document(const struct json *document, struct search *search, struct error *err)
{
	if (check_shape(document, err))
		return -1;
	return ask_helper(find_helper(json_get(document, "credHelpers"), search), "credHelpers",
			  search, err) ||
			       ask_helper(json_text(json_get(document, "credsStore")), "credsStore",
					  search, err) ||
			       read_entries(json_get(document, "auths"), search, err)
		       ? -1
		       : 0;
}

static int search_file(struct auth_file *file, struct search *search, struct error *err)
{
	int status;

	if (auth_file_read(file, err))
		return -1;
	status = file->is_legacy ? read_entries(auth_file_entries(file), search, err)
				 : search_document(file->document, search, err);
	return status ? error_wrap(err, "'%s'", file->path) : 0;
}

/* What docker and GitLab's runner take before any file. */
static int search_variable(struct search *search, struct error *err)
{
	const char *text = getenv(VARIABLE);
	AUTO(json_freep) struct json *document = NULL;

	if (!text || !text[0])
		return 0;
	document = json_parse(slice_of(text), err);
	if (document)
		return search_document(document, search, err) ? error_wrap(err, VARIABLE) : 0;
	if (error_is(err, ERROR_PROTOCOL))
		err->kind = ERROR_INPUT;
	return error_wrap(err, VARIABLE);
}

static int search_all(const char *host, struct search *search, struct error *err)
{
	AUTO(auth_files_release) struct auth_files files = { .len = 0 };

	if (search_variable(search, err) || auth_files_list(&files, err))
		return -1;
	for (size_t i = 0; i < files.len && !is_found(search); i++)
		if (search_file(&files.items[i], search, err))
			return -1;
	return is_found(search) ? 0 : ci_find(host, &search->found, err);
}

int credentials_find(const char *host, const char *repository, struct credentials *ret_credentials,
		     struct error *err)
{
	AUTO(search_release) struct search search = { .server = server_name(host) };

	if (server_list_keys(host, repository, &search.keys, err))
		return -1;
	if (search_all(host, &search, err))
		return error_wrap(err, "credentials for '%s'", host);
	credentials_release(ret_credentials);
	*ret_credentials = search.found;
	search.found = (struct credentials){ 0 };
	return 0;
}

int credentials_hide_variables(struct error *err)
{
	const char *name;

	for (size_t i = 0; (name = ci_variable(i)); i++)
		if (process_hide_variable(name, err))
			return -1;
	return process_hide_variable(VARIABLE, err);
}
