/* SPDX-License-Identifier: MIT */
#include "flow/ensure/pull.h"

#include "auth/credentials.h"
#include "base/time.h"
#include "image/reference.h"

static void emit(const struct pull *pull, enum event_type type, const char *id, int64_t started_ms)
{
	event_emit(
		pull->sink,
		&(struct event){ .type = type,
				 .step = "pull",
				 .image = pull->image,
				 .subject = pull->reference,
				 .digest = id,
				 .elapsed_ms = started_ms ? time_monotonic_ms() - started_ms : 0 });
}

static int pull_with(const struct pull *pull, const struct reference *reference, char **ret_id,
		     struct error *err)
{
	AUTO(credentials_release) struct credentials credentials = { 0 };
	AUTO(secret_release) struct secret auth = { 0 };

	if (credentials_find(reference->host, reference->repository, &credentials, err) ||
	    credentials_registry_auth(&credentials, reference->host, &auth, err))
		return -1;
	return pull->engine->ops->pull(pull->engine,
				       &(struct engine_pull){ .reference = pull->reference,
							      .platform = pull->platform,
							      .registry_auth = auth.data,
							      .step = "pull",
							      .image = pull->image },
				       ret_id, err);
}

int pull_image(const struct pull *pull, char **ret_id, struct error *err)
{
	AUTO(reference_release) struct reference reference = { 0 };
	int64_t started_ms = time_monotonic_ms();

	if (reference_parse(pull->reference, &reference, err))
		return -1;
	if (!pull->engine->ops->pull)
		return error_set(err, ERROR_UNSUPPORTED,
				 "cannot pull '%s': a BuildKit daemon only builds",
				 pull->reference);
	emit(pull, EVENT_STEP_START, NULL, 0);
	if (pull_with(pull, &reference, ret_id, err)) {
		emit(pull, EVENT_STEP_FAIL, NULL, started_ms);
		return error_wrap(err, "cannot pull '%s'", pull->reference);
	}
	emit(pull, EVENT_STEP_DONE, *ret_id, started_ms);
	return 0;
}
