/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * One build from its first message to its last: Solve and Status are called,
 * and the session's services answer what BuildKit asks meanwhile.
 */
#include "engine/build/link.h"
#include "engine/build/solve.h"

/*
 * `ret_response` is what the exporter tells. A build that fails is ERROR_BUILD
 * with the line of the Dockerfile where it is known, or the kind that a
 * registry's refusal has; a service's own failure (session_fail) goes before.
 * Fills the result of the build in any case.
 */
int drive_build(const struct link *link, struct session *session, const struct solve *solve,
		struct strmap *ret_response, struct error *err) CHECK;
