/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Inside registry/: one request to a repository, driven step by step so that
 * many go side by side on one thread. Whatever goes out passes here: this
 * alone decides who sees the Authorization header, answers one 401, follows
 * redirects of GET and HEAD, and tries again what is temporary. Zeroed but
 * for its registry; then it asks one thing after the other.
 */
#include "registry/client.h"

enum ask_outcome {
	ASK_FAILED = -1,
	ASK_BUSY = 0, /* has to be driven or waited for */
	ASK_ANSWERED, /* what the status means is for the caller to judge */
	ASK_AGAIN,    /* of a part: begin anew; a wait, if any, is kept to */
};

struct ask {
	struct registry *registry;
	struct registry_request request;
	struct url url; /* where it goes, or its answer came from */
	struct http_client *client;
	struct http_exchange *exchange; /* under way or answered, else NULL */
	unsigned authorizations;	/* the registry's, when it was sent */
	int hops;
	bool has_answered;  /* a 401 */
	bool has_restarted; /* a part, after a 401 */
	bool has_widened;   /* what the token allows */
	bool awaits_token;  /* the registry's */
	bool holds;	    /* the host wants to be left alone for a while */
	struct retry_course course;
	int64_t resume_at_ms; /* monotonic, of a wait between attempts; 0: none */
};

/* Breaks off what is under way. */
void ask_release(struct ask *ask);
/* What to ask next. Nothing is sent before ask_poll(). `body`, `header` and
 * the source live until it is answered. */
int ask_start(struct ask *ask, const struct registry_request *request, struct error *err) CHECK;
/* Never blocks. A status that is temporary, and a 401,
 * are answers once they stay. */
enum ask_outcome ask_poll(struct ask *ask, struct error *err) CHECK;
/* Borrowed until the next ask_start(). */
struct http_response *ask_response(struct ask *ask);
/* For an answer that is temporary only to who understands it: like a status
 * that is; ASK_ANSWERED if there is no attempt left. */
enum ask_outcome ask_postpone(struct ask *ask);
/* Whether the answer came from where credentials go. */
bool ask_is_own(const struct ask *ask);

/* Waits for the answer. A 401 that stays is ERROR_DENIED. */
int ask_finish(struct ask *ask, struct error *err) CHECK;

/* Waits for several: add each that is busy, then wait until one of them moves.
 * Their registries are beside each other (registry/client.h). */
struct ask_wait {
	struct http_client *client; /* to be driven */
	int64_t *resume_at_ms;	    /* the wait that ends first, and whose it is: */
	const struct registry *registry;
};

void ask_wait_add(struct ask_wait *wait, struct ask *ask);
int ask_wait(const struct ask_wait *wait, struct error *err) CHECK;
