/* SPDX-License-Identifier: MIT */
#include "engine/buildkit-address.h"

#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/str.h"
#include "image/reference.h"

/* Where BuildKit's documentation lets it listen. */
#define USUAL_PORT 1234

void buildkit_address_release(struct buildkit_address *address)
{
	free(address->place);
	free(address->socket);
	free(address->host);
	free(address->ca_file);
	free(address->certificate);
	free(address->key);
	*address = (struct buildkit_address){ 0 };
}

/* "HOST", "HOST:PORT", "[ADDRESS]:PORT". */
static int parse_host(struct buildkit_address *address, const char *text, struct error *err)
{
	const char *bracket = text[0] == '[' ? strchr(text, ']') : NULL;
	const char *end = bracket ? bracket + 1 : text + strcspn(text, ":");
	struct slice host = bracket ? (struct slice){ text + 1, (size_t)(bracket - text - 1) }
				    : (struct slice){ text, (size_t)(end - text) };
	int64_t port = USUAL_PORT;

	if (!host.len || strpbrk(text, "/@ ") || (*end && *end != ':') ||
	    (*end && !str_to_int(end + 1, 1, 65535, &port)))
		return error_set(err, ERROR_INPUT,
				 "it is neither %sHOST:PORT nor %s/path/to/socket", BUILDKIT_SCHEME,
				 BUILDKIT_SCHEME);
	address->port = (int)port;
	address->is_plain = reference_is_loopback(text);
	address->host = str_copy_slice(host, err);
	return address->host ? 0 : -1;
}

/* NULL if the folder has no such file. */
static int find_file(const char *folder, const char *name, char **ret_path, struct error *err)
{
	AUTOFREE char *path = path_join(folder, name, err);

	if (!path)
		return -1;
	*ret_path = path_exists(path) ? TAKE(path) : NULL;
	return 0;
}

static int find_files(struct buildkit_address *address, const char *folder, struct error *err)
{
	if (find_file(folder, "ca.pem", &address->ca_file, err) ||
	    find_file(folder, "cert.pem", &address->certificate, err) ||
	    find_file(folder, "key.pem", &address->key, err))
		return -1;
	if (!address->certificate != !address->key)
		return error_set(err, ERROR_INPUT, "'%s' has only one of cert.pem and key.pem",
				 folder);
	if (!address->ca_file && !address->key)
		return error_set(err, ERROR_INPUT, "'%s' has neither ca.pem nor cert.pem", folder);
	return 0;
}

static int parse_option(struct buildkit_address *address, const char *option, struct error *err)
{
	const char *value = option + strlen("tls=");

	if (address->socket || !str_starts(option, "tls=") ||
	    (*value != '/' && strcmp(value, "none")))
		return error_set(err, ERROR_INPUT,
				 "after '?' only 'tls=/FOLDER' or 'tls=none' may stand, of a HOST");
	address->is_plain = *value != '/';
	return address->is_plain ? 0 : find_files(address, value, err);
}

static int parse(const char *url, struct buildkit_address *address, struct error *err)
{
	const char *option = strchr(url, '?'), *text;

	address->place = option ? str_copy_slice((struct slice){ url, (size_t)(option - url) }, err)
				: str_copy(url, err);
	if (!address->place)
		return -1;
	text = address->place + strlen(BUILDKIT_SCHEME);
	if (text[0] == '/')
		address->socket = str_copy(text, err);
	if (text[0] == '/' ? !address->socket : parse_host(address, text, err))
		return -1;
	return option ? parse_option(address, option + 1, err) : 0;
}

int buildkit_address_parse(const char *url, struct buildkit_address *ret_address, struct error *err)
{
	AUTO(buildkit_address_release) struct buildkit_address address = { 0 };

	if (parse(url, &address, err))
		return error_wrap(err, "'%s'", url);
	*ret_address = address;
	address = (struct buildkit_address){ 0 };
	return 0;
}
