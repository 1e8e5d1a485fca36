/* SPDX-License-Identifier: MIT */
#include "net/url.h"

#include <arpa/inet.h>
#include <ctype.h>

#include "base/str.h"

void url_release(struct url *url)
{
	free(url->host);
	free(url->path);
	*url = (struct url){ 0 };
}

/* What the internet does not route (RFC 6890), loopback apart. */
static const struct {
	uint32_t network;
	int bits;
} private_v4[] = {
	{ 0x00000000, 8 },  /* this network */
	{ 0x0a000000, 8 },  /* private */
	{ 0x64400000, 10 }, /* shared, for carriers */
	{ 0xa9fe0000, 16 }, /* link-local: where clouds keep their credentials */
	{ 0xac100000, 12 }, /* private */
	{ 0xc0000000, 24 }, /* protocol assignments */
	{ 0xc0a80000, 16 }, /* private */
	{ 0xc6120000, 15 }, /* benchmarks */
	{ 0xe0000000, 3 },  /* multicast and reserved */
};

static enum url_host kind_of_v4(uint32_t address)
{
	if (address >> 24 == 127)
		return URL_HOST_LOOPBACK;
	for (size_t i = 0; i < ARRAY_SIZE(private_v4); i++)
		if ((address ^ private_v4[i].network) >> (32 - private_v4[i].bits) == 0)
			return URL_HOST_PRIVATE;
	return URL_HOST_PUBLIC;
}

static enum url_host kind_of_v6(const struct in6_addr *address)
{
	static const uint8_t nat64[12] = { 0x00, 0x64, 0xff, 0x9b };
	const uint8_t *byte = address->s6_addr;

	if (IN6_IS_ADDR_LOOPBACK(address))
		return URL_HOST_LOOPBACK;
	if (IN6_IS_ADDR_V4MAPPED(address) || !memcmp(byte, nat64, sizeof(nat64)))
		return kind_of_v4((uint32_t)byte[12] << 24 | (uint32_t)byte[13] << 16 |
				  (uint32_t)byte[14] << 8 | byte[15]);
	/* 2000::/3 is all that is routed; 2002::/16 wraps an IPv4 address. */
	return byte[0] >> 5 == 1 && (byte[0] != 0x20 || byte[1] != 0x02) ? URL_HOST_PUBLIC
									 : URL_HOST_PRIVATE;
}

static bool is_last_label_numeric(const char *host)
{
	const char *last = strrchr(host, '.');

	last = last ? last + 1 : host;
	return !last[strspn(last, "0123456789")] ||
	       (last[0] == '0' && last[1] == 'x' &&
		!last[2 + strspn(last + 2, "0123456789abcdef")]);
}

static bool is_name(const char *host)
{
	struct slice rest = slice_of(host), label;

	if (!rest.len || rest.len > 253 || str_ends(host, "."))
		return false;
	while (slice_cut(&rest, '.', &label)) {
		if (!label.len || label.len > 63 || label.data[0] == '-')
			return false;
		for (size_t i = 0; i < label.len; i++)
			if (!isalnum((unsigned char)label.data[i]) && !strchr("-_", label.data[i]))
				return false;
	}
	return true;
}

/* "127.1", "0x7f.0.0.1" and "2130706433" are addresses to a resolver; only
 * the usual form of four numbers is taken. */
static bool read_host(struct url *url, bool is_v6)
{
	struct in6_addr v6;
	struct in_addr v4;

	if (is_v6) {
		if (inet_pton(AF_INET6, url->host, &v6) != 1)
			return false;
		url->host_kind = kind_of_v6(&v6);
		return true;
	}
	if (inet_pton(AF_INET, url->host, &v4) == 1) {
		url->host_kind = kind_of_v4(ntohl(v4.s_addr));
		return true;
	}
	if (!is_name(url->host) || is_last_label_numeric(url->host))
		return false;
	url->host_kind = str_equal(url->host, "localhost") || str_ends(url->host, ".localhost")
				 ? URL_HOST_LOOPBACK
				 : URL_HOST_NAME;
	return true;
}

static int refuse(const char *text, const char *reason, struct error *err)
{
	return error_set(err, ERROR_PROTOCOL, "the URL '%.200s' %s", text, reason);
}

/* The host in lower case; `*rest` goes on behind it. */
static int cut_host(const char *text, struct slice *rest, struct url *url, struct error *err)
{
	bool is_v6 = slice_starts(*rest, "[");
	size_t len = 0;

	if (is_v6)
		*rest = slice_skip(*rest, 1);
	while (len < rest->len && rest->data[len] != (is_v6 ? ']' : ':'))
		len++;
	if (is_v6 && len == rest->len)
		return refuse(text, "has a '[' without ']'", err);
	url->host = str_copy_slice((struct slice){ rest->data, len }, err);
	if (!url->host)
		return -1;
	for (char *p = url->host; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	*rest = slice_skip(*rest, len + is_v6);
	return read_host(url, is_v6) ? 0 : refuse(text, "has a host that is none", err);
}

static int read_authority(const char *text, struct slice authority, struct url *url,
			  struct error *err)
{
	char digits[6] = "";
	int64_t port = url->is_https ? 443 : 80;

	if (memchr(authority.data, '@', authority.len))
		return refuse(text, "has user information", err);
	if (cut_host(text, &authority, url, err))
		return -1;
	if (authority.len) {
		if (authority.data[0] != ':' || authority.len > sizeof(digits))
			return refuse(text, "has a port that is none", err);
		memcpy(digits, authority.data + 1, authority.len - 1);
		if (!str_to_int(digits, 1, 65535, &port))
			return refuse(text, "has a port that is none", err);
	}
	url->port = (int)port;
	return 0;
}

static bool has_odd_bytes(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		if (*p <= ' ' || *p >= 0x7f || *p == '\\')
			return true;
	return false;
}

int url_parse(const char *text, struct url *ret_url, struct error *err)
{
	AUTO(url_release) struct url url = { 0 };
	const char *authority;
	size_t len;

	if (has_odd_bytes(text))
		return refuse(text, "has bytes that no URL has", err);
	if (!strncasecmp(text, "https://", 8))
		url.is_https = true;
	else if (strncasecmp(text, "http://", 7) != 0)
		return refuse(text, "is neither http nor https", err);
	authority = text + (url.is_https ? 8 : 7);
	len = strcspn(authority, "/?#");
	if (read_authority(text, (struct slice){ authority, len }, &url, err))
		return -1;
	authority += len;
	url.path = str_format(err, "%s%.*s", authority[0] == '/' ? "" : "/",
			      (int)strcspn(authority, "#"), authority);
	if (!url.path)
		return -1;
	*ret_url = url;
	url = (struct url){ 0 };
	return 0;
}

int url_resolve(const struct url *base, const char *location, struct url *ret_url,
		struct error *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(strlen(location) + 300);

	if (str_starts(location, "//"))
		buf_add_text(&text, base->is_https ? "https:" : "http:");
	else if (location[0] == '/')
		url_add_origin(base, &text);
	buf_add_text(&text, location);
	return buf_check(&text, "a URL", err) ? -1 : url_parse(text.data, ret_url, err);
}

bool url_is_same_origin(const struct url *a, const struct url *b)
{
	return a->is_https == b->is_https && a->port == b->port && str_equal(a->host, b->host);
}

void url_add_origin(const struct url *url, struct buf *out)
{
	bool is_v6 = strchr(url->host, ':');

	buf_add_format(out, "%s://%s%s%s", url->is_https ? "https" : "http", is_v6 ? "[" : "",
		       url->host, is_v6 ? "]" : "");
	if (url->port != (url->is_https ? 443 : 80))
		buf_add_format(out, ":%d", url->port);
}

void url_add(const struct url *url, struct buf *out)
{
	url_add_origin(url, out);
	buf_add_text(out, url->path);
}
