/* SPDX-License-Identifier: MIT */
#include "registry/certificates.h"

#include "base/path.h"
#include "base/str.h"

void certificates_release(struct certificates *certificates)
{
	free(certificates->ca_file);
	free(certificates->client_certificate);
	free(certificates->client_key);
	*certificates = (struct certificates){ 0 };
}

/* Leaves `*ret_path` NULL if there is no such file. */
static int find_file(const char *folder, const char *name, char **ret_path, struct error *err)
{
	AUTOFREE char *path = path_join(folder, name, err);

	if (!path)
		return -1;
	if (path_exists(path))
		*ret_path = TAKE(path);
	return 0;
}

static int find_in(const char *folder, struct certificates *found, struct error *err)
{
	if (find_file(folder, "ca.crt", &found->ca_file, err) ||
	    find_file(folder, "client.cert", &found->client_certificate, err) ||
	    find_file(folder, "client.key", &found->client_key, err))
		return -1;
	if (!found->client_certificate == !found->client_key)
		return 0;
	return error_set(err, ERROR_INPUT, "'%s': client.cert and client.key belong together",
			 folder);
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
