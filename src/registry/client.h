/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Inside registry/: what a repository's requests (registry/ask.h) and their
 * authorization share.
 */
#include "auth/credentials.h"
#include "net/http.h"
#include "net/retry.h"
#include "net/url.h"
#include "registry/certificates.h"
#include "registry/challenge.h"
#include "registry/configs.h"
#include "registry/registry.h"
#include "registry/scope.h"

struct store;

struct registry {
	struct store *store; /* what stands for a registry; then nothing below but `host` is set */
	char *host;	     /* as references name it, or "oci:DIR" */
	char *repository;    /* NULL: only whether one may log in is asked */
	char *resource;	     /* "repository:team/app", of a token's scope */
	struct url origin;   /* where requests go; path "/" */
	struct http_client *client;	    /* for the origin, with its certificates */
	struct http_client *foreign_client; /* for storage elsewhere */
	struct certificates certificates;   /* of the client's */
	/* Who owns the clients: itself, or an earlier one at the same host. What is
	 * counted for the host is counted there. */
	struct registry *home;
	unsigned errands;  /* under way */
	unsigned holds;	   /* requests that the host has sent away for a while */
	bool has_answered; /* the host, whatever it said */
	struct error dead; /* how it was found not to, in this run of errands */
	const struct retry *retry;
	struct retry own_retry;
	struct registry_options options;
	/* The authorization: what is found out after the first 401. */
	struct credentials credentials;
	bool has_looked; /* for credentials */
	struct challenge challenge;
	struct scopes scopes;	 /* that challenges asked for besides ours */
	struct secret header;	 /* "Authorization: ..." for the origin; empty: none */
	int64_t renew_at_ms;	 /* monotonic; 0: it does not expire */
	bool may_push;		 /* the token's scope */
	unsigned authorizations; /* how many headers there were */
	char *mount_from;	 /* another repository that tokens for writing cover; NULL: none */
	struct token *token;	 /* being asked for (registry/token.h), else NULL */
	struct error token_err;	 /* of the last one; kind 0: it was got */
	struct error denied;	 /* to who reads, if we were */
	struct configs configs;	 /* that were read here */
};

/* Without the OCI types some registries answer 404 for what is there. */
#define REGISTRY_ACCEPT                                                                            \
	"Accept: " MEDIA_TYPE_OCI_MANIFEST ", " MEDIA_TYPE_OCI_INDEX                               \
	", " MEDIA_TYPE_DOCKER_MANIFEST ", " MEDIA_TYPE_DOCKER_LIST

struct registry_request {
	const char *method;
	const char *path;     /* below the repository: "manifests/latest"; or: */
	const char *location; /* a URL that was judged already, or a path of the host's */
	const char *header;   /* one of "Accept: ..." and "Content-Type: ..."; NULL: none */
	struct slice body;    /* or, as in net/http.h: */
	http_source *source;
	int64_t source_size;
	http_rewind *rewind;
	void *source_arg;
	const bool *has_source_failed; /* then its error is not the line's */
	bool awaits_continue;
	int64_t stall_ms; /* 0: as the registry's retry has it */
	bool is_push;
	bool is_part; /* of more that has to be done again from its begin */
	bool is_try;  /* a 401 that cannot be answered is an answer */
};

/* Is "host[:port]" one of those that the user listed? NULL is no list. */
bool registry_lists(const struct strv *hosts, const char *host);

/*
 * Sends one request without body or with one in memory, and waits for its
 * answer. What the status means is the caller's to judge, but a 401 that stays
 * is ERROR_DENIED.
 */
int registry_send(struct registry *registry, const struct registry_request *request,
		  struct http_response *ret_response, struct error *err) CHECK;
/* The error for a status that is no success; always -1. */
int registry_refusal(const struct registry *registry, const struct http_response *response,
		     struct error *err);
/* The mend of a denial: to log in, or to ask for the right; always -1. */
int registry_hint_denied(const struct registry *registry, struct error *err);
/* Puts what was asked for before an error; always -1. */
int registry_wrap(const struct registry *registry, const char *tag_or_digest, struct error *err);
/* Appends ": <what the body says>" to a message, unless it repeats a secret of
 * ours. */
void registry_quote(const struct registry *registry, const struct http_response *response,
		    struct buf *message);
bool registry_is_redirect(int status);
/* Sets `url` to where Location of an answer to it points, if we may go there;
 * the answer is the `hops`th of its kind. Who goes there compares the origin
 * before it sends an Authorization. */
int registry_follow(const struct registry *registry, const struct http_response *response, int hops,
		    struct url *url, struct error *err) CHECK;
/* Says whose certificate is missing, or that there is no TLS, if that is what the error is
 * about; always -1. */
int registry_explain(const struct registry *registry, const struct url *url, struct error *err);
/* Says of a connection that ended without an answer what that may mean. */
void registry_explain_hang_up(struct error *err);
/* "manifests/<tag_or_digest>", to be freed; NULL if it is neither. */
char *registry_manifest_path(const char *tag_or_digest, struct error *err) CHECK;
/* Takes the body of an answer over once it is the manifest that was asked for. */
int registry_take_manifest(struct http_response *response, const char *asked,
			   struct registry_manifest *ret_manifest, struct error *err) CHECK;
/* A digest is what the registry says (may be "") and what was asked for (may be
 * a tag). */
int registry_check_digest(const char *digest, const char *said, const char *asked,
			  struct error *err) CHECK;
/* Docker-Content-Digest, "" if there is none that we know. */
int registry_read_digest(const struct http_response *response, struct registry_digest *ret_digest,
			 struct error *err) CHECK;
/* The client to use for a URL. */
struct http_client *registry_client_for(const struct registry *registry, const struct url *url);

/* Sees to an Authorization header that is fresh and covers the request, as far
 * as an earlier challenge tells how. There is none before registry->token, if that
 * was begun, has come; the same holds for authorization_answer(). */
int authorization_prepare(struct registry *registry, bool is_push, struct error *err) CHECK;
/* Does it ask for an authorization, or for another one? */
bool authorization_is_asked(const struct http_response *response);
/* Was the one it got good, but allowed too little? */
bool authorization_is_short(const struct http_response *response);
/* Answers such a response of the origin: sets the header for the next attempt. */
int authorization_answer(struct registry *registry, const struct http_response *response,
			 bool is_push, struct error *err) CHECK;
/* Sets the header to "<scheme> <value>". */
int authorization_set(struct registry *registry, const char *scheme, struct slice value,
		      struct error *err) CHECK;
