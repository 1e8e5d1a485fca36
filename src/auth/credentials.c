/* SPDX-License-Identifier: MIT */
#include "auth/credentials.h"

#include "auth/entry.h"
#include "auth/helper.h"
#include "auth/server.h"
#include "base/limits.h"
#include "base/path.h"
#include "codec/json.h"

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

static int search_document(const struct json *document, struct search *search, struct error *err)
{
	return ask_helper(find_helper(json_get(document, "credHelpers"), search), "credHelpers",
			  search, err) ||
			       ask_helper(json_text(json_get(document, "credsStore")), "credsStore",
					  search, err) ||
			       read_entries(json_get(document, "auths"), search, err)
		       ? -1
		       : 0;
}

/* A file that is not there has nothing to say. */
static int search_file(const char *path, struct search *search, struct error *err)
{
	AUTO(secret_buf_release) struct buf text = BUF_INIT(LIMIT_CREDENTIAL_FILE);
	AUTO(json_freep) struct json *document = NULL;

	if (path_read(path, &text, err)) {
		if (!error_is(err, ERROR_NOT_FOUND))
			return -1;
		error_clear(err);
		return 0;
	}
	if (!slice_trim(buf_slice(&text)).len)
		return 0;
	document = json_parse(buf_slice(&text), err);
	if (!document) {
		if (error_is(err, ERROR_PROTOCOL))
			err->kind = ERROR_INPUT;
		return error_wrap(err, "'%s'", path);
	}
	return search_document(document, search, err) ? error_wrap(err, "'%s'", path) : 0;
}

/* `folder` or, if that is not set, `otherwise` below the home folder. */
static int add_file(struct strv *files, const char *variable, const char *otherwise,
		    const char *name, struct error *err)
{
	const char *folder = getenv(variable), *home = getenv("HOME");

	if (folder && folder[0])
		return strv_add_taken(files, path_join(folder, name, err), err);
	if (!otherwise || !home || !home[0])
		return 0;
	return strv_add_taken(files, str_format(err, "%s/%s/%s", home, otherwise, name), err);
}

static int list_files(struct strv *files, struct error *err)
{
	const char *explicit_file = getenv("REGISTRY_AUTH_FILE");

	if (explicit_file && explicit_file[0] && strv_add(files, explicit_file, err))
		return -1;
	if (add_file(files, "DOCKER_CONFIG", ".docker", "config.json", err) ||
	    add_file(files, "XDG_RUNTIME_DIR", NULL, "containers/auth.json", err))
		return -1;
	return add_file(files, "XDG_CONFIG_HOME", ".config", "containers/auth.json", err);
}

int credentials_find(const char *host, const char *repository, struct credentials *ret_credentials,
		     struct error *err)
{
	AUTO(search_release) struct search search = { .server = server_name(host) };
	AUTO(strv_release) struct strv files = { 0 };

	if (server_list_keys(host, repository, &search.keys, err) || list_files(&files, err))
		return -1;
	for (size_t i = 0; i < files.len && !is_found(&search); i++)
		if (search_file(files.items[i], &search, err))
			return error_wrap(err, "credentials for '%s'", host);
	credentials_release(ret_credentials);
	*ret_credentials = search.found;
	search.found = (struct credentials){ 0 };
	return 0;
}
