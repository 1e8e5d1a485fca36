/* SPDX-License-Identifier: MIT */
#include "auth/ci.h"

#include "auth/entry.h"

#define GITHUB_HOST "ghcr.io"
/* As whom a job of GitLab logs in with its own token. */
#define GITLAB_JOB "gitlab-ci-token"

static const char *value_of(const char *variable)
{
	const char *value = getenv(variable);

	return value && value[0] ? value : NULL;
}

static int take(const char *user, const char *variable, struct credentials *credentials,
		struct error *err)
{
	if (entry_set(&credentials->user, slice_of(user), err) ||
	    entry_set(&credentials->password, slice_of(value_of(variable)), err))
		return error_wrap(err, "%s", variable);
	return 0;
}

static int find_github(struct credentials *credentials, struct error *err)
{
	const char *user = value_of("GITHUB_ACTOR");

	if (!str_equal(value_of("GITHUB_ACTIONS"), "true") || !user || !value_of("GITHUB_TOKEN"))
		return 0;
	return take(user, "GITHUB_TOKEN", credentials, err);
}

static int find_gitlab(struct credentials *credentials, struct error *err)
{
	const char *user = value_of("CI_REGISTRY_USER");

	if (user && value_of("CI_REGISTRY_PASSWORD"))
		return take(user, "CI_REGISTRY_PASSWORD", credentials, err);
	return value_of("CI_JOB_TOKEN") ? take(GITLAB_JOB, "CI_JOB_TOKEN", credentials, err) : 0;
}

int ci_find(const char *host, struct credentials *ret_credentials, struct error *err)
{
	if (str_equal(host, GITHUB_HOST) && find_github(ret_credentials, err))
		return -1;
	if (str_equal(host, value_of("CI_REGISTRY")) && credentials_are_anonymous(ret_credentials))
		return find_gitlab(ret_credentials, err);
	return 0;
}

const char *ci_variable(size_t index)
{
	static const char *const names[] = { "GITHUB_TOKEN", "CI_REGISTRY_PASSWORD",
					     "CI_JOB_TOKEN" };

	return index < ARRAY_SIZE(names) ? names[index] : NULL;
}
