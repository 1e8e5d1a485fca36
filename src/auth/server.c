/* SPDX-License-Identifier: MIT */
#include "auth/server.h"

#include "image/reference.h"

#define DOCKER_HUB_SERVER "https://index.docker.io/v1/"

const char *server_name(const char *host)
{
	return str_equal(host, REFERENCE_DOCKER_HUB) ? DOCKER_HUB_SERVER : host;
}

/* "host/team/app", "host/team": podman's. */
static int add_repository(const char *host, const char *repository, struct strv *keys,
			  struct error *err)
{
	AUTOFREE char *key = str_format(err, "%s/%s", host, repository);
	size_t host_len = strlen(host);
	char *slash;

	if (!key)
		return -1;
	while ((slash = strrchr(key, '/')) && slash >= key + host_len) {
		if (strv_add(keys, key, err))
			return -1;
		*slash = '\0';
	}
	return 0;
}

/* "host" and what old versions of docker wrote for it. */
static int add_host(const char *host, struct strv *keys, struct error *err)
{
	static const char *const formats[][2] = {
		{ "", "" },
		{ "https://", "" },
		{ "https://", "/" },
		{ "https://", "/v1/" },
		{ "https://", "/v2/" },
		{ "http://", "" },
		{ "http://", "/" },
		{ "http://", "/v1/" },
		{ "http://", "/v2/" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (strv_add_taken(keys,
				   str_format(err, "%s%s%s", formats[i][0], host, formats[i][1]),
				   err))
			return -1;
	return 0;
}

int server_list_keys(const char *host, const char *repository, struct strv *ret_keys,
		     struct error *err)
{
	static const char *const hub[] = { DOCKER_HUB_SERVER, "https://index.docker.io/v1",
					   REFERENCE_DOCKER_HUB, "index.docker.io",
					   "registry-1.docker.io" };

	if (repository && add_repository(host, repository, ret_keys, err))
		return -1;
	if (!str_equal(host, REFERENCE_DOCKER_HUB))
		return add_host(host, ret_keys, err);
	for (size_t i = 0; i < ARRAY_SIZE(hub); i++)
		if (strv_add(ret_keys, hub[i], err))
			return -1;
	return 0;
}
