/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Inside registry/: a token that is being asked for (distribution's token
 * spec), step by step so that the tokens of many repositories are got side by
 * side. Requests to its repository wait for it.
 */
#include "registry/client.h"

struct token {
	struct registry *registry;
	bool is_push;
	bool is_posted; /* the OAuth2 way, first if there is an identity token */
	struct url realm;
	struct scopes scopes;
	struct http_client *client;	  /* of `own_client`, or the registry's */
	struct certificates certificates; /* of the next, which reads them */
	struct http_client *own_client;	  /* to another origin */
	struct http_exchange *exchange;	  /* under way, else NULL */
	struct buf form;		  /* what it sends */
	struct retry_course course;
	int64_t resume_at_ms; /* monotonic, of a wait between attempts; 0: none */
};

/* Begins to ask the challenge's token server: then registry->token is set. */
int token_start(struct registry *registry, bool is_push, struct error *err) CHECK;
/* 0 while it is under way, 1 once header and expiry are set. Ended either way,
 * registry->token is NULL and token_err its error, for all that wait for it. */
int token_poll(struct registry *registry, struct error *err) CHECK;
void token_free(struct token *token);
