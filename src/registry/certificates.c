/* SPDX-License-Identifier: MIT */
#include "registry/certificates.h"

#include <dirent.h>
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/path.h"

void certificates_release(struct certificates *certificates)
{
	strv_release(&certificates->authorities);
	free(certificates->ca_file);
	free(certificates->client_certificate);
	free(certificates->client_key);
	if (certificates->bundle_fd > 0)
		close(certificates->bundle_fd);
	*certificates = (struct certificates){ 0 };
}

/* libcurl takes one file, docker any number: several become one in memory. */
static int write_bundle(const struct strv *authorities, int fd, struct error *err)
{
	for (size_t i = 0; i < authorities->len; i++) {
		AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_CERTIFICATE_FILE);

		if (path_read(authorities->items[i], &text, err))
			return -1;
		buf_add_char(&text, '\n');
		if (buf_check(&text, authorities->items[i], err))
			return -1;
		if (path_write_all(fd, buf_slice(&text)))
			return error_set_errno(err, errno, "cannot keep certificates in memory");
	}
	return 0;
}

static int bundle(struct certificates *certificates, struct error *err)
{
	const struct strv *authorities = &certificates->authorities;
	AUTOCLOSE int fd = -1;

	if (authorities->len < 2)
		return str_replace(&certificates->ca_file,
				   authorities->len ? authorities->items[0] : NULL, err);
	fd = memfd_create("certificates", MFD_CLOEXEC);
	if (fd < 0)
		return error_set_errno(err, errno, "cannot keep certificates in memory");
	if (write_bundle(authorities, fd, err))
		return -1;
	free(certificates->ca_file);
	certificates->ca_file = str_format(err, "/proc/self/fd/%d", fd);
	if (!certificates->ca_file)
		return -1;
	if (certificates->bundle_fd > 0)
		close(certificates->bundle_fd);
	certificates->bundle_fd = fd;
	fd = -1;
	return 0;
}

int certificates_add_authorities(struct certificates *certificates,
				 const struct certificates *other, struct error *err)
{
	if (!other->authorities.len)
		return 0;
	if (strv_copy(&certificates->authorities, &other->authorities, err))
		return -1;
	return bundle(certificates, err);
}

static int list_files(const char *folder, struct strv *names, struct error *err)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	int status = 0;

	if (!dir)
		return errno == ENOMEM ? error_set_memory(err) : 0;
	while (!status && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			status = strv_add(names, entry->d_name, err);
	closedir(dir);
	strv_sort(names);
	return status;
}

/* "client.cert" and "client.key", whichever of them `name` is. */
static int add_pair(const char *folder, const struct strv *names, const char *name,
		    struct certificates *found, struct error *err)
{
	int stem = (int)(strrchr(name, '.') - name);
	AUTOFREE char *certificate = NULL, *key = NULL;

	certificate = str_format(err, "%.*s.cert", stem, name);
	key = str_format(err, "%.*s.key", stem, name);
	if (!certificate || !key)
		return -1;
	if (!strv_has(names, certificate) || !strv_has(names, key))
		return error_set(err, ERROR_INPUT, "'%s': %s and %s belong together", folder,
				 certificate, key);
	if (found->client_certificate) {
		found->has_others |=
			!str_equal(strrchr(found->client_certificate, '/') + 1, certificate);
		return 0;
	}
	found->client_certificate = path_join(folder, certificate, err);
	found->client_key = path_join(folder, key, err);
	return found->client_certificate && found->client_key ? 0 : -1;
}

static int find_in(const char *folder, struct certificates *found, struct error *err)
{
	AUTO(strv_release) struct strv names = { 0 };

	if (list_files(folder, &names, err))
		return -1;
	for (size_t i = 0; i < names.len; i++) {
		const char *name = names.items[i];

		if (str_ends(name, ".crt")) {
			if (strv_add_taken(&found->authorities, path_join(folder, name, err), err))
				return -1;
		} else if (str_ends(name, ".cert") || str_ends(name, ".key")) {
			if (add_pair(folder, &names, name, found, err))
				return -1;
		}
	}
	return bundle(found, err);
}

int certificates_find(const char *host, struct certificates *ret_certificates, struct error *err)
{
	static const char *const roots[] = { "/etc/docker", "/etc/containers" };
	static const char *const own[] = { ".config/docker", ".config/containers" };
	const char *home = getenv("HOME");
	size_t count = ARRAY_SIZE(roots) + (home && home[0] ? ARRAY_SIZE(own) : 0);

	for (size_t i = 0; i < count; i++) {
		AUTO(certificates_release) struct certificates found = { 0 };
		AUTOFREE char *folder = NULL;

		if (i < ARRAY_SIZE(roots))
			folder = str_format(err, "%s/certs.d/%s", roots[i], host);
		else
			folder = str_format(err, "%s/%s/certs.d/%s", home,
					    own[i - ARRAY_SIZE(roots)], host);
		if (!folder || find_in(folder, &found, err))
			return -1;
		if (!found.ca_file && !found.client_certificate)
			continue;
		*ret_certificates = found;
		found = (struct certificates){ 0 };
		return 0;
	}
	return 0;
}
