/* SPDX-License-Identifier: MIT */
/* What a registry asks for, and the scopes that a token server is asked for then. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "registry/challenge.h"
#include "registry/scope.h"

#define OWN "repository:team/app"

const char *const fuzz_seeds[] = {
	"Bearer "
	"realm=\"https://auth.example/token\",service=\"s\",scope=\"repository:team/app:pull\"",
	"Negotiate abc==, Basic realm=\"a\\\"b\", Bearer "
	"realm=x,error=\"insufficient_scope\",scope=\""
	"repository:team/app:pull,push,delete registry:catalog:* repository:h:5000/a:pull\"",
	"Digest a=b,, Bearer ,,realm = \"no end\\",
	NULL,
};

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* Nothing but what a URL's query may hold, whatever was asked for. */
static void check_scopes(const char *scope)
{
	static const char fine[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "-._~%/:,&=";
	AUTO(scopes_release) struct scopes scopes = { 0 };
	AUTO(buf_release) struct buf out = BUF_INIT(1 << 20);
	struct error err = { 0 };

	require(!scopes_add(&scopes, SLICE(OWN), SLICE("pull"), &err));
	require(!scopes_merge(&scopes, scope, OWN, false, &err));
	scopes_print(&scopes, "&scope=", &out);
	require(!strncmp(out.data, OWN ":pull", strlen(OWN ":pull")));
	require(!out.data[strlen(OWN ":pull")] || out.data[strlen(OWN ":pull")] == '&');
	require(strspn(out.data, fine) == out.len && !out.has_failed);
	require(scopes.actions.len <= 16);
	require(!scopes_merge(&scopes, scope, OWN, true, &err));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char name[] = "WWW-Authenticate";
	AUTO(challenge_release) struct challenge challenge = { 0 };
	char *value = strndup((const char *)data, size);
	struct http_header header = { name, value };
	struct http_response response = { .headers = &header, .header_count = 1 };
	struct error err = { 0 };
	int status;

	require(value);
	status = challenge_read(&response, &challenge, &err);
	require(status >= 0);
	require(status || (!challenge.realm && !challenge.scope));
	check_scopes(challenge.scope);
	free(value);
	return 0;
}
