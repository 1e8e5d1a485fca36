/* SPDX-License-Identifier: MIT */
#include "registry/absence.h"

int absence_judge(struct ask *ask, struct error *err)
{
	const struct http_response *response = ask_response(ask);
	const char *type = http_header_get(response, "Content-Type");

	if (!ask_is_own(ask))
		return registry_refusal(ask->registry, response, err);
	if (http_header_get(response, "Docker-Distribution-Api-Version") ||
	    (type && str_starts(type, "application/json")))
		return 1;
	return ask_start(ask, &(struct registry_request){ .method = "GET", .location = "/v2/" },
			 err);
}

int absence_confirm(struct ask *ask, struct error *err)
{
	int status = ask_response(ask)->status;

	if (status == 200)
		return 1;
	return error_set(err, ERROR_UNREACHABLE,
			 "what answers 404 there is no registry: to /v2/ it answers %d", status);
}
