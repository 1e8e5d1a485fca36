/* SPDX-License-Identifier: MIT */
#include "image/reference.h"

#include <arpa/inet.h>
#include <ctype.h>

#include "base/str.h"
#include "codec/digest.h"

/* Docker's limit for host, slash and path together. */
#define NAME_MAX_LEN 255
#define TAG_MAX_LEN  128

void reference_release(struct reference *reference)
{
	free(reference->name);
	free(reference->host);
	free(reference->repository);
	free(reference->tag);
	free(reference->digest);
	*reference = (struct reference){ 0 };
}

static bool is_lower_or_digit(char c)
{
	return islower((unsigned char)c) || isdigit((unsigned char)c);
}

static bool has_upper(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (isupper((unsigned char)text.data[i]))
			return true;
	return false;
}

/* Between two runs of letters and digits: one of ".", "_", "__", or any number
 * of "-". */
static bool is_separator(struct slice text)
{
	if (text.data[0] == '-') {
		while (text.len && text.data[0] == '-')
			text = slice_skip(text, 1);
		return !text.len;
	}
	return slice_is(text, ".") || slice_is(text, "_") || slice_is(text, "__");
}

static bool is_path_component(struct slice text)
{
	size_t i = 0, begin;

	for (;;) {
		for (begin = i; i < text.len && is_lower_or_digit(text.data[i]); i++)
			;
		if (i == begin)
			return false;
		if (i == text.len)
			return true;
		for (begin = i; i < text.len && !is_lower_or_digit(text.data[i]); i++)
			;
		if (!is_separator((struct slice){ text.data + begin, i - begin }))
			return false;
	}
}

static bool is_path(struct slice path)
{
	struct slice component;

	if (!path.len || path.data[path.len - 1] == '/')
		return false;
	while (slice_cut(&path, '/', &component))
		if (!is_path_component(component))
			return false;
	return true;
}

static bool is_domain(struct slice domain)
{
	struct slice label;

	if (!domain.len || domain.data[domain.len - 1] == '.')
		return false;
	while (slice_cut(&domain, '.', &label)) {
		if (!label.len || label.data[0] == '-' || label.data[label.len - 1] == '-')
			return false;
		for (size_t i = 0; i < label.len; i++)
			if (!isalnum((unsigned char)label.data[i]) && label.data[i] != '-')
				return false;
	}
	return true;
}

static bool is_ipv6(struct slice text)
{
	char address[INET6_ADDRSTRLEN];
	struct in6_addr binary;

	if (text.len >= sizeof(address))
		return false;
	memcpy(address, text.data, text.len);
	address[text.len] = '\0';
	return inet_pton(AF_INET6, address, &binary) == 1;
}

/* Takes "[v6]" or everything up to ':' off `*rest`, which begins behind it. */
static bool cut_domain(struct slice *rest, struct slice *ret_domain, bool *ret_is_ipv6)
{
	const char *end;

	*ret_is_ipv6 = slice_starts(*rest, "[");
	end = memchr(rest->data, *ret_is_ipv6 ? ']' : ':', rest->len);
	if (*ret_is_ipv6 && !end)
		return false;
	*ret_domain = (struct slice){ rest->data, end ? (size_t)(end - rest->data) : rest->len };
	*rest = slice_skip(*rest, ret_domain->len + *ret_is_ipv6);
	if (*ret_is_ipv6)
		*ret_domain = slice_skip(*ret_domain, 1);
	return true;
}

static bool is_host(struct slice host)
{
	char digits[8] = "";
	struct slice domain;
	bool is_v6;
	int64_t port;

	if (!cut_domain(&host, &domain, &is_v6) || !(is_v6 ? is_ipv6(domain) : is_domain(domain)))
		return false;
	if (!host.len)
		return true;
	if (host.data[0] != ':' || host.len < 2 || host.len > sizeof(digits))
		return false;
	memcpy(digits, host.data + 1, host.len - 1);
	return str_to_int(digits, 1, 65535, &port);
}

bool reference_is_loopback(const char *host)
{
	struct slice rest = slice_of(host), domain;
	char text[INET6_ADDRSTRLEN];
	struct in6_addr v6;
	struct in_addr v4;
	bool is_v6;

	if (!is_host(rest) || !cut_domain(&rest, &domain, &is_v6) || domain.len >= sizeof(text))
		return false;
	if (slice_is(domain, "localhost"))
		return true;
	memcpy(text, domain.data, domain.len);
	text[domain.len] = '\0';
	if (is_v6)
		return inet_pton(AF_INET6, text, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
	return inet_pton(AF_INET, text, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127;
}

bool reference_is_valid_tag(const char *tag)
{
	size_t len = strlen(tag);

	if (!len || len > TAG_MAX_LEN || tag[0] == '.' || tag[0] == '-')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)tag[i]) && !strchr("._-", tag[i]))
			return false;
	return true;
}

/* The host of a name and what follows it; Docker Hub if it names none. */
static void split_host(struct slice name, struct slice *ret_host, struct slice *ret_path)
{
	struct slice rest = name, first;

	*ret_host = SLICE(REFERENCE_DOCKER_HUB);
	*ret_path = name;
	if (!memchr(name.data, '/', name.len) || !slice_cut(&rest, '/', &first))
		return;
	if (!memchr(first.data, '.', first.len) && !memchr(first.data, ':', first.len) &&
	    !slice_is(first, "localhost"))
		return;
	if (!slice_is(first, "index.docker.io"))
		*ret_host = first;
	*ret_path = rest;
}

static int check_name(struct slice name, struct slice host, struct slice path, struct error *err)
{
	int len = name.len > NAME_MAX_LEN ? NAME_MAX_LEN : (int)name.len;

	if (!is_host(host))
		return error_set(err, ERROR_INPUT, "'%.*s' is no image: its host '%.*s' is no host",
				 len, name.data, (int)host.len, host.data);
	if (has_upper(path))
		return error_set(err, ERROR_INPUT,
				 "'%.*s' is no image: its name has upper case letters", len,
				 name.data);
	if (name.len == 64 && strspn(name.data, "0123456789abcdef") >= 64)
		return error_set(err, ERROR_INPUT, "'%.*s' is an image ID, not a name", len,
				 name.data);
	if (!is_path(path))
		return error_set(err, ERROR_INPUT,
				 "'%.*s' is no image: a name is made of a-z, 0-9 and single "
				 "'.', '_', '-' between them",
				 len, name.data);
	return 0;
}

/* The canonical name from its checked parts. */
static int set_name(struct reference *reference, struct slice name, struct slice host,
		    struct slice path)
{
	bool is_official =
		slice_is(host, REFERENCE_DOCKER_HUB) && !memchr(path.data, '/', path.len);
	struct error err;

	reference->name = str_copy_slice(name, &err);
	reference->host = str_copy_slice(host, &err);
	reference->repository =
		str_format(&err, "%s%.*s", is_official ? "library/" : "", (int)path.len, path.data);
	return reference->name && reference->host && reference->repository ? 0 : -1;
}

static int parse_name(struct slice name, struct reference *ret_reference, struct error *err)
{
	struct slice host, path;

	if (!name.len)
		return error_set(err, ERROR_INPUT, "the name of an image is empty");
	split_host(name, &host, &path);
	if (check_name(name, host, path, err))
		return -1;
	if (set_name(ret_reference, name, host, path))
		return error_set_memory(err);
	if (strlen(ret_reference->host) + 1 + strlen(ret_reference->repository) > NAME_MAX_LEN)
		return error_set(err, ERROR_INPUT,
				 "'%.60s...' is no image: its name has more than %d characters",
				 ret_reference->name, NAME_MAX_LEN);
	return 0;
}

/* What follows the last ':' behind the last '/' is a tag. */
static bool cut_tag(struct slice *name, struct slice *ret_tag)
{
	for (size_t i = name->len; i-- > 0 && name->data[i] != '/';) {
		if (name->data[i] != ':')
			continue;
		*ret_tag = slice_skip(*name, i + 1);
		name->len = i;
		return true;
	}
	return false;
}

static int set_tag(struct reference *reference, struct slice tag, struct error *err)
{
	reference->tag = str_copy_slice(tag, err);
	if (!reference->tag)
		return -1;
	if (!reference_is_valid_tag(reference->tag))
		return error_set(err, ERROR_INPUT,
				 "'%.130s' is no tag: up to %d of A-Z, a-z, 0-9, '_', '.', '-', "
				 "not beginning with '.' or '-'",
				 reference->tag, TAG_MAX_LEN);
	return 0;
}

static int set_digest(struct reference *reference, struct slice digest, struct error *err)
{
	reference->digest = str_copy_slice(digest, err);
	if (!reference->digest)
		return -1;
	if (!digest_is_valid(reference->digest))
		return error_set(err, ERROR_INPUT,
				 "'%.80s' is no digest: sha256: and 64 of 0-9, a-f",
				 reference->digest);
	return 0;
}

int reference_parse(const char *text, struct reference *ret_reference, struct error *err)
{
	AUTO(reference_release) struct reference reference = { 0 };
	struct slice rest = slice_of(text), name, tag;

	if (!slice_cut(&rest, '@', &name))
		return error_set(err, ERROR_INPUT, "the name of an image is empty");
	if (strchr(text, '@') && set_digest(&reference, rest, err))
		return -1;
	if (cut_tag(&name, &tag) && set_tag(&reference, tag, err))
		return -1;
	if (parse_name(name, &reference, err))
		return -1;
	*ret_reference = reference;
	reference = (struct reference){ 0 };
	return 0;
}

int reference_check_repository(const char *name, struct error *err)
{
	AUTO(reference_release) struct reference reference = { 0 };

	return parse_name(slice_of(name), &reference, err);
}

void reference_format(const struct reference *reference, struct buf *out)
{
	buf_add_text(out, reference->name);
	if (reference->tag)
		buf_add_format(out, ":%s", reference->tag);
	if (reference->digest)
		buf_add_format(out, "@%s", reference->digest);
}

void reference_format_canonical(const struct reference *reference, struct buf *out)
{
	buf_add_format(out, "%s/%s", reference->host, reference->repository);
}

const char *reference_wanted(const struct reference *reference)
{
	if (reference->digest)
		return reference->digest;
	return reference->tag ? reference->tag : "latest";
}

bool reference_is_same_repository(const struct reference *a, const struct reference *b)
{
	return str_equal(a->host, b->host) && str_equal(a->repository, b->repository);
}
