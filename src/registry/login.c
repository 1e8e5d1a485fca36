/* SPDX-License-Identifier: MIT */
#include "registry/login.h"

#include "registry/client.h"

static int ask(struct registry *registry, struct error *err)
{
	AUTO(http_response_release) struct http_response response = HTTP_RESPONSE_INIT;

	if (registry_send(registry,
			  &(struct registry_request){ .method = "GET", .location = "/v2/" },
			  &response, err))
		return -1;
	if (response.status == 200)
		return 0;
	if (response.status == 404)
		return error_set(err, ERROR_INPUT, "there is no registry: /v2/ answers 404");
	return registry_refusal(registry, &response, err);
}

int registry_log_in(const char *host, const struct credentials *credentials,
		    const struct registry_options *options, bool *ret_asks, struct error *err)
{
	AUTOFREE char *own_host = str_copy(host, err);
	const struct reference reference = { .host = own_host };
	AUTO(registry_freep) struct registry *registry = NULL;

	if (!own_host || registry_open(&reference, options, &registry, err) ||
	    credentials_copy(&registry->credentials, credentials, err))
		return -1;
	registry->has_looked = true;
	if (ask(registry, err))
		return error_wrap(err, "'%s'", host);
	*ret_asks = registry->header.data;
	return 0;
}
