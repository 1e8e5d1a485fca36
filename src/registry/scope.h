/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What a token is to allow (distribution's token scope): "TYPE:NAME:ACTIONS".
 * Challenges may ask for more than a request knows of; what one asked for is
 * kept for the tokens after it. Many token servers look at the first scope
 * alone, so that who asks puts his own first.
 */
#include "base/buf.h"
#include "base/str.h"

struct scopes {
	struct strmap actions; /* "repository:team/app": "pull,push"; "": it names none */
};

void scopes_release(struct scopes *scopes);
/* Adds "pull,push" to what there is for "repository:team/app". */
int scopes_add(struct scopes *scopes, struct slice resource, struct slice actions,
	       struct error *err) CHECK;
/* Adds all scopes of a challenge, but of `own` no actions unless `with_own`: which of them
 * a request needs is known here. More than a token is ever for is left out. */
int scopes_merge(struct scopes *scopes, const char *challenge, const char *own, bool with_own,
		 struct error *err) CHECK;
/* Is the action among those of the resource? */
bool scopes_has(const struct scopes *scopes, const char *resource, const char *action);
/* Encoded for a query or a form, `separator` between two. */
void scopes_print(const struct scopes *scopes, const char *separator, struct buf *out);
