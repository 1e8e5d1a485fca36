/* SPDX-License-Identifier: MIT */
#include "base/buf.h"
#include "git/internal.h"

/* The part between two ends, or an empty one. */
static struct slice key_between(const char *key, const char *start, const char *end)
{
	struct slice middle = slice_of(key);

	if (!str_starts(key, start) || !str_ends(key, end) ||
	    middle.len < strlen(start) + strlen(end))
		return (struct slice){ 0 };
	middle = slice_skip(middle, strlen(start));
	middle.len -= strlen(end);
	return middle;
}

/* git: of all url.BASE.insteadOf the longest that the URL starts with. libgit2's
 * own way matches each setting by regex and leaks. */
static int apply_instead(struct git_repo *repo, const char *url, char **ret_url, struct error *err)
{
	AUTOFREE char *base = NULL;
	git_config_iterator *iterator;
	git_config_entry *entry;
	size_t longest = 0;
	int status = 0;

	if (git_config_iterator_new(&iterator, repo->config))
		return repo_fail(err, "cannot read the configuration");
	while (!status && !git_config_next(&entry, iterator)) {
		struct slice found = key_between(entry->name, "url.", ".insteadof");

		if (!found.len || !entry->value || strlen(entry->value) <= longest ||
		    !str_starts(url, entry->value))
			continue;
		longest = strlen(entry->value);
		free(base);
		base = str_copy_slice(found, err);
		status = base ? 0 : -1;
	}
	git_config_iterator_free(iterator);
	if (status)
		return -1;
	*ret_url = str_format(err, "%s%s", base ? base : "", url + longest);
	return *ret_url ? 0 : -1;
}

int repo_remote_url(struct git_repo *repo, const char *remote, char **ret_url, struct error *err)
{
	AUTOFREE char *key = str_format(err, "remote.%s.url", remote);
	AUTOFREE char *url = NULL;

	if (!key || repo_get_setting(repo, key, &url, err))
		return -1;
	if (url)
		return apply_instead(repo, url, ret_url, err);
	*ret_url = NULL;
	return 0;
}

/* "user@host:path": no scheme, and a colon before the first slash. */
static bool is_scp_like(const char *url)
{
	const char *colon = strchr(url, ':'), *slash = strchr(url, '/');

	return colon && colon > url && (!slash || colon < slash);
}

char *repo_url_without_credentials(const char *url, struct error *err)
{
	const char *scheme_end = strstr(url, "://");
	const char *host = scheme_end ? scheme_end + 3 : url;
	size_t len = strcspn(host, "?#"), authority_len;
	const char *at, *path;

	if (!scheme_end && !is_scp_like(url))
		return str_copy(url, err); /* a folder */
	authority_len = strcspn(host, scheme_end ? "/?#" : ":");
	at = memrchr(host, '@', authority_len);
	if (at) {
		len -= (size_t)(at + 1 - host);
		authority_len -= (size_t)(at + 1 - host);
		host = at + 1;
	}
	if (scheme_end)
		return str_format(err, "%.*s%.*s", (int)(scheme_end + 3 - url), url, (int)len,
				  host);
	path = host + authority_len + 1;
	path += path[0] == '/';
	return str_format(err, "https://%.*s/%s", (int)authority_len, host, path);
}
