/* SPDX-License-Identifier: MIT */
#include "auth/files.h"

#include <unistd.h>

#include "base/limits.h"
#include "base/path.h"
#include "base/str.h"

void auth_files_release(struct auth_files *files)
{
	for (size_t i = 0; i < files->len; i++) {
		json_free(files->items[i].document);
		secret_buf_release(&files->items[i].text);
		free(files->items[i].path);
	}
	files->len = 0;
}

static const char *value_of(const char *variable)
{
	const char *value = getenv(variable);

	return value && value[0] ? value : NULL;
}

/* Takes the path over; NULL is an error that is set. */
static struct auth_file *add(struct auth_files *files, char *path)
{
	struct auth_file *file = &files->items[files->len];

	if (!path)
		return NULL;
	*file = (struct auth_file){ .path = path, .text = BUF_INIT(LIMIT_CREDENTIAL_FILE) };
	files->len++;
	return file;
}

static int add_podman(struct auth_files *files, struct error *err)
{
	const char *runtime = value_of("XDG_RUNTIME_DIR"), *home = value_of("HOME");
	const char *config = value_of("XDG_CONFIG_HOME");

	if (!add(files, runtime ? path_join(runtime, "containers/auth.json", err)
				: str_format(err, "/run/containers/%d/auth.json", (int)getuid())))
		return -1;
	if (config)
		return add(files, path_join(config, "containers/auth.json", err)) ? 0 : -1;
	if (home && !add(files, path_join(home, ".config/containers/auth.json", err)))
		return -1;
	return 0;
}

static int add_docker(struct auth_files *files, char *path)
{
	struct auth_file *file = add(files, path);

	if (!file)
		return -1;
	file->is_docker = true;
	return 0;
}

int auth_files_list(struct auth_files *files, struct error *err)
{
	const char *only = value_of("REGISTRY_AUTH_FILE"), *folder = value_of("DOCKER_CONFIG");
	const char *home = value_of("HOME");
	struct auth_file *legacy;

	if (only)
		return add(files, str_copy(only, err)) ? 0 : -1;
	if ((folder && add_docker(files, path_join(folder, "config.json", err))) ||
	    add_podman(files, err))
		return -1;
	if (!home)
		return 0;
	if (!folder && add_docker(files, path_join(home, ".docker/config.json", err)))
		return -1;
	legacy = add(files, path_join(home, ".dockercfg", err));
	if (!legacy)
		return -1;
	legacy->is_legacy = true;
	return 0;
}

int auth_file_read(struct auth_file *file, struct error *err)
{
	if (path_read(file->path, &file->text, err)) {
		if (!error_is(err, ERROR_NOT_FOUND))
			return -1;
		error_clear(err);
		return 0;
	}
	file->exists = true;
	if (!slice_trim(buf_slice(&file->text)).len)
		return 0;
	file->document = json_parse(buf_slice(&file->text), err);
	if (file->document)
		return 0;
	if (error_is(err, ERROR_PROTOCOL))
		err->kind = ERROR_INPUT;
	return error_wrap(err, "'%s'", file->path);
}

const struct json *auth_file_entries(const struct auth_file *file)
{
	return file->is_legacy ? file->document : json_get(file->document, "auths");
}
