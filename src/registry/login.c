/* SPDX-License-Identifier: MIT */
#include "registry/login.h"

#include "registry/client.h"

static int copy(struct secret *to, const struct secret *from, struct error *err)
{
	return from->data ? secret_set(to, (struct slice){ from->data, from->len }, err) : 0;
}

static int take(struct registry *registry, const struct credentials *credentials, struct error *err)
{
	registry->has_looked = true;
	return copy(&registry->credentials.user, &credentials->user, err) ||
			       copy(&registry->credentials.password, &credentials->password, err)
		       ? -1
		       : 0;
}

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
	    take(registry, credentials, err))
		return -1;
	if (ask(registry, err))
		return error_wrap(err, "'%s'", host);
	*ret_asks = registry->header.data;
	return 0;
}
