/* SPDX-License-Identifier: MIT */
#include "net/url.h"

#include <arpa/inet.h>

#include "base/str.h"

/*
 * Without the public suffix list, which ages faster than a distribution's
 * release, this is the cautious half of it: countries' second levels, and
 * providers below whose domains each name has an owner of its own. A name
 * that is missing here costs one line of defence, not the only one: the
 * registry that names a token server holds our credentials' trust already.
 */
static const char *const second_levels[] = {
	"ac",  "co", "com", "edu", "go", "gob", "gov", "id",  "ltd", "me",
	"mil", "ne", "net", "nom", "or", "org", "plc", "sch", "web",
};

static const char *const providers[] = {
	"amazonaws.com",
	"appspot.com",
	"azure.com",
	"azurecr.io",
	"azurewebsites.net",
	"cloudfront.net",
	"cloudfunctions.net",
	"duckdns.org",
	"dyndns.org",
	"fly.dev",
	"github.io",
	"gitlab.io",
	"herokuapp.com",
	"jfrog.io",
	"myqnapcloud.com",
	"netlify.app",
	"ngrok-free.app",
	"ngrok.app",
	"ngrok.io",
	"nip.io",
	"no-ip.org",
	"ondigitalocean.app",
	"onrender.com",
	"ovh.net",
	"pages.dev",
	"pkg.dev",
	"r2.dev",
	"run.app",
	"scw.cloud",
	"sslip.io",
	"synology.me",
	"trycloudflare.com",
	"ts.net",
	"vercel.app",
	"web.app",
	"windows.net",
	"workers.dev",
};

static bool is_address(const char *host)
{
	struct in6_addr binary;

	return inet_pton(AF_INET, host, &binary) == 1 || inet_pton(AF_INET6, host, &binary) == 1;
}

/* What both end with, in whole labels: inside `a`; "" if nothing. */
static const char *common_suffix(const char *a, const char *b)
{
	const char *x = a + strlen(a), *y = b + strlen(b), *suffix = x;

	while (x > a && y > b && x[-1] == y[-1]) {
		x--;
		y--;
		if ((x == a || x[-1] == '.') && (y == b || y[-1] == '.'))
			suffix = x;
	}
	return suffix;
}

/* "co.uk" and its like. */
static bool is_second_level(const char *domain)
{
	const char *dot = strchr(domain, '.');

	if (!dot || strlen(dot) != 3)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(second_levels); i++)
		if (slice_is((struct slice){ domain, (size_t)(dot - domain) }, second_levels[i]))
			return true;
	return false;
}

static bool is_of_provider(const char *domain)
{
	for (size_t i = 0; i < ARRAY_SIZE(providers); i++) {
		const char *tail = domain + strlen(domain) - strlen(providers[i]);

		if (str_ends(domain, providers[i]) && (tail == domain || tail[-1] == '.'))
			return true;
	}
	return false;
}

bool url_is_same_site(const char *host, const char *other)
{
	const char *suffix;

	if (str_equal(host, other))
		return true;
	if (is_address(host) || is_address(other))
		return false;
	suffix = common_suffix(host, other);
	return strchr(suffix, '.') && !is_second_level(suffix) && !is_of_provider(suffix);
}
