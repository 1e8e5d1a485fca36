/* SPDX-License-Identifier: MIT */
#include "auth/store.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "auth/files.h"
#include "auth/helper.h"
#include "auth/server.h"
#include "base/limits.h"
#include "base/path.h"
#include "codec/json-edit.h"

#define LINKS_MAX 40

void store_place_release(struct store_place *place)
{
	free(place->text);
	*place = (struct store_place){ 0 };
}

/* What is about one host. */
struct subject {
	const char *host;
	const char *server; /* as helpers know it, and what a new entry is called */
	struct strv keys;
	struct auth_files files;
};

static void subject_release(struct subject *subject)
{
	strv_release(&subject->keys);
	auth_files_release(&subject->files);
}

static int subject_init(struct subject *subject, const char *host, struct error *err)
{
	subject->host = host;
	subject->server = server_name(host);
	if (server_list_keys(host, NULL, &subject->keys, err) ||
	    auth_files_list(&subject->files, err))
		return -1;
	for (size_t i = 0; i < subject->files.len; i++)
		if (auth_file_read(&subject->files.items[i], err))
			return -1;
	return 0;
}

/* The first of the host's keys that the object has; NULL if none. */
static const char *find_key(const struct subject *subject, const struct json *object)
{
	for (size_t i = 0; i < subject->keys.len; i++)
		if (json_get(object, subject->keys.items[i]))
			return subject->keys.items[i];
	return NULL;
}

/* The helper that the file names for the host alone. */
static const char *own_helper(const struct subject *subject, const struct auth_file *file)
{
	const struct json *helpers =
		file->is_legacy ? NULL : json_get(file->document, "credHelpers");
	const char *key = find_key(subject, helpers);

	return key ? json_text(json_get(helpers, key)) : NULL;
}

static const char *any_helper(const struct subject *subject, const struct auth_file *file)
{
	const char *own = own_helper(subject, file), *all = NULL;

	if (!own && !file->is_legacy)
		all = json_text(json_get(file->document, "credsStore"));
	if (own)
		return own;
	return all && all[0] ? all : NULL;
}

static struct auth_file *choose(struct subject *subject)
{
	struct auth_file *docker = NULL, *first = NULL;

	for (size_t i = 0; i < subject->files.len; i++) {
		struct auth_file *file = &subject->files.items[i];

		if (find_key(subject, auth_file_entries(file)) || own_helper(subject, file))
			return file;
		if (file->is_docker)
			docker = file;
		if (!first && file->exists && !file->is_legacy)
			first = file;
	}
	if (docker && (docker->exists || !first))
		return docker;
	return first ? first : &subject->files.items[0];
}

/* The end of a chain of links; what it names need not exist. */
static int follow_links(char **path, struct error *err)
{
	for (int i = 0; i < LINKS_MAX; i++) {
		char target[PATH_MAX];
		ssize_t len = readlink(*path, target, sizeof(target) - 1);
		AUTOFREE char *folder = NULL, *next = NULL;

		if (len < 0)
			return 0;
		target[len] = '\0';
		folder = path_folder(*path, err);
		next = folder ? path_join(folder, target, err) : NULL;
		if (!next || str_replace(path, next, err))
			return -1;
	}
	return error_set(err, ERROR_INPUT, "'%s' has too many symbolic links", *path);
}

static int write_file(const struct auth_file *file, struct error *err)
{
	AUTOFREE char *path = str_copy(file->path, err), *folder = NULL;

	if (!path || follow_links(&path, err))
		return -1;
	folder = path_folder(path, err);
	if (!folder || path_make_folders(folder, 0700, err))
		return -1;
	return path_write(path, buf_slice(&file->text), 0600, err);
}

static const char *parent_of(const struct auth_file *file)
{
	return file->is_legacy ? NULL : "auths";
}

/* Removes all entries of the host but `kept`, those of its repositories too if
 * `kept` is NULL; how many. */
static int remove_entries(const struct subject *subject, struct auth_file *file, const char *kept,
			  struct error *err)
{
	const struct json *entry = json_first(auth_file_entries(file));
	AUTOFREE char *prefix = str_format(err, "%s/", subject->host);
	int count = 0;

	if (!prefix)
		return -1;
	for (; entry; entry = json_next(entry)) {
		const char *key = json_key(entry);
		bool is_own = strv_has(&subject->keys, key) || (!kept && str_starts(key, prefix));

		if (!is_own || str_equal(key, kept))
			continue;
		if (json_edit_remove(&file->text, parent_of(file), key, err) < 0)
			return -1;
		count++;
	}
	return count;
}

static int store_entry(const struct subject *subject, struct auth_file *file,
		       const struct credentials *credentials, struct error *err)
{
	const char *before = find_key(subject, auth_file_entries(file));
	const char *key = before ? before : subject->server;
	AUTO(secret_buf_release) struct buf entry = BUF_INIT(LIMIT_CREDENTIAL_FILE);

	if (strchr(credentials->user.data, ':'))
		return error_set(err, ERROR_INPUT, "a user's name with a ':' cannot be kept");
	buf_add_text(&entry, "{\n\t\"auth\": \"");
	credentials_add_basic(credentials, &entry);
	buf_add_text(&entry, "\"\n}");
	if (buf_check(&entry, "credentials", err) || remove_entries(subject, file, key, err) < 0 ||
	    json_edit_set(&file->text, parent_of(file), key, buf_slice(&entry), err))
		return -1;
	return write_file(file, err);
}

/* What the file itself held is not to be found once the helper has it. */
static int store_by_helper(const struct subject *subject, struct auth_file *file,
			   const char *helper, const struct credentials *credentials,
			   struct error *err)
{
	int count;

	if (helper_store(helper, subject->server, credentials, err))
		return -1;
	count = remove_entries(subject, file, "", err);
	return count > 0 ? write_file(file, err) : count;
}

int credentials_store(const char *host, const struct credentials *credentials,
		      struct store_place *ret_place, struct error *err)
{
	AUTO(subject_release) struct subject subject = { .files = { .len = 0 } };
	AUTOFREE char *text = NULL;
	struct auth_file *file;
	const char *helper;

	if (subject_init(&subject, host, err))
		return error_wrap(err, "cannot keep the credentials for '%s'", host);
	file = choose(&subject);
	helper = any_helper(&subject, file);
	text = helper ? str_format(err, "docker-credential-%s", helper) : str_copy(file->path, err);
	if (!text)
		return -1;
	if (helper ? store_by_helper(&subject, file, helper, credentials, err)
		   : store_entry(&subject, file, credentials, err))
		return error_wrap(err, "cannot keep the credentials for '%s'", host);
	*ret_place = (struct store_place){ TAKE(text), !helper };
	return 0;
}

static int erase_from_helper(const struct subject *subject, const char *helper, struct strv *places,
			     struct error *err)
{
	AUTO(credentials_release) struct credentials found = { 0 };

	if (!helper)
		return 0;
	if (helper_get(helper, subject->server, &found, err))
		return -1;
	if (credentials_are_anonymous(&found))
		return 0;
	if (helper_erase(helper, subject->server, err))
		return -1;
	return strv_add_taken(places, str_format(err, "docker-credential-%s", helper), err);
}

static int erase_from_file(const struct subject *subject, struct auth_file *file,
			   struct strv *places, struct error *err)
{
	int count;

	if (!file->document)
		return 0;
	if (erase_from_helper(subject, any_helper(subject, file), places, err))
		return error_wrap(err, "'%s'", file->path);
	count = remove_entries(subject, file, NULL, err);
	if (count <= 0)
		return count;
	return write_file(file, err) || strv_add(places, file->path, err) ? -1 : 0;
}

int credentials_erase(const char *host, struct strv *ret_places, struct error *err)
{
	AUTO(subject_release) struct subject subject = { .files = { .len = 0 } };

	if (subject_init(&subject, host, err))
		return error_wrap(err, "cannot erase the credentials for '%s'", host);
	for (size_t i = 0; i < subject.files.len; i++)
		if (erase_from_file(&subject, &subject.files.items[i], ret_places, err))
			return error_wrap(err, "cannot erase the credentials for '%s'", host);
	return 0;
}
