/* SPDX-License-Identifier: MIT */
#include "engine/discover.h"

#include <string.h>

#include "base/limits.h"
#include "base/path.h"
#include "codec/digest.h"
#include "codec/json.h"

/* A variable that is set to nothing is not set. */
static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* docker's own folder; NULL without an error if there is no home. */
static int find_docker_folder(char **ret_folder, struct error *err)
{
	const char *folder = variable("DOCKER_CONFIG"), *home = variable("HOME");

	*ret_folder = NULL;
	if (!folder && !home)
		return 0;
	*ret_folder = folder ? str_copy(folder, err) : path_join(home, ".docker", err);
	return *ret_folder ? 0 : -1;
}

/* NULL without an error if the file is not there. */
static int read_json(const char *path, struct json **ret_json, struct error *err)
{
	AUTO(buf_release) struct buf content = BUF_INIT(LIMIT_CREDENTIAL_FILE);

	*ret_json = NULL;
	if (path_read(path, &content, err)) {
		if (!error_is(err, ERROR_NOT_FOUND))
			return -1;
		error_clear(err);
		return 0;
	}
	*ret_json = json_parse(buf_slice(&content), err);
	if (*ret_json)
		return 0;
	err->kind = ERROR_INPUT;
	return error_wrap(err, "'%s'", path);
}

/* The name of the docker context in use; NULL: the default one. */
static int find_context(const char *folder, char **ret_name, struct error *err)
{
	AUTOFREE char *path = path_join(folder, "config.json", err);
	AUTO(json_freep) struct json *json = NULL;
	const char *name = variable("DOCKER_CONTEXT");

	*ret_name = NULL;
	if (!path || (!name && read_json(path, &json, err)))
		return -1;
	if (!name)
		name = json_text(json_get(json, "currentContext"));
	if (!name || !*name || !strcmp(name, "default"))
		return 0;
	*ret_name = str_copy(name, err);
	return *ret_name ? 0 : -1;
}

/* docker keeps a context in a folder that is named by the digest of its name. */
static int read_context(const char *folder, const char *name, char **ret_url, struct error *err)
{
	AUTO(json_freep) struct json *json = NULL;
	AUTOFREE char *path = NULL;
	struct digest_text digest;
	const char *url;

	if (digest_of(slice_of(name), &digest, err))
		return -1;
	path = str_format(err, "%s/contexts/meta/%s/meta.json", folder,
			  digest.text + strlen("sha256:"));
	if (!path || read_json(path, &json, err))
		return -1;
	url = json_text(json_path(json, "Endpoints", "docker", "Host", NULL));
	if (!url)
		return error_set(err, ERROR_INPUT,
				 "the docker context '%s' has no endpoint in '%s'", name, path);
	*ret_url = str_copy(url, err);
	return *ret_url ? 0 : -1;
}

int discover_named(char **ret_url, char **ret_origin, struct error *err)
{
	AUTOFREE char *folder = NULL, *name = NULL;
	const char *host = variable("DOCKER_HOST");

	*ret_url = *ret_origin = NULL;
	if (host) {
		*ret_url = str_copy(host, err);
		*ret_origin = str_copy("DOCKER_HOST", err);
		return *ret_url && *ret_origin ? 0 : -1;
	}
	if (find_docker_folder(&folder, err) || (folder && find_context(folder, &name, err)))
		return -1;
	if (!name)
		return 0;
	*ret_origin = str_format(err, "the docker context '%s'", name);
	return *ret_origin ? read_context(folder, name, ret_url, err) : -1;
}

int discover_usual(struct strv *urls, struct error *err)
{
	const char *run = variable("XDG_RUNTIME_DIR");
	static const struct {
		const char *path;
		bool is_of_user; /* below XDG_RUNTIME_DIR */
	} table[] = {
		{ "/var/run/docker.sock", false },
		{ "docker.sock", true },
		{ "/run/podman/podman.sock", false },
		{ "podman/podman.sock", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		char *url;

		if (table[i].is_of_user && !run)
			continue;
		url = table[i].is_of_user ? str_format(err, "unix://%s/%s", run, table[i].path)
					  : str_format(err, "unix://%s", table[i].path);
		if (!url || strv_add_taken(urls, url, err))
			return -1;
	}
	return 0;
}
