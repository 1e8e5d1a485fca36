/* SPDX-License-Identifier: MIT */
#include "flow/ci.h"

#include "base/path.h"
#include "base/str.h"
#include "codec/json.h"

/* GitHub's description of a pull request with all comments' authors is below this. */
#define EVENT_MAX (4 * MIB)

struct pull_request {
	char *head; /* its newest commit */
	char *branch;
	bool is_foreign; /* from another repository */
};

static void pull_request_release(struct pull_request *pull_request)
{
	free(pull_request->head);
	free(pull_request->branch);
	*pull_request = (struct pull_request){ 0 };
}

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static bool is(const char *name, const char *value)
{
	return str_equal(variable(name), value);
}

static int set(struct pull_request *pull_request, const char *head, const char *branch,
	       struct error *err)
{
	if (!head || !str_is_hex(head, 40))
		return 0;
	return str_replace(&pull_request->branch, branch, err) ||
			       str_replace(&pull_request->head, head, err)
		       ? -1
		       : 0;
}

/* The variables have its branch, but only the event has its head. */
static int read_github(struct pull_request *pull_request, struct error *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(EVENT_MAX);
	const char *path = variable("GITHUB_EVENT_PATH");
	AUTO(json_freep) struct json *event = NULL;
	const struct json *head;
	const char *repository;

	if (!path || path_read(path, &text, err) || !(event = json_parse(buf_slice(&text), err))) {
		if (path && error_is(err, ERROR_MEMORY))
			return -1;
		error_clear(err);
		return 0;
	}
	head = json_path(event, "pull_request", "head", NULL);
	repository = json_text(json_path(head, "repo", "full_name", NULL));
	pull_request->is_foreign = !repository || !is("GITHUB_REPOSITORY", repository);
	return set(pull_request, json_text(json_get(head, "sha")), json_text(json_get(head, "ref")),
		   err);
}

static int read_gitlab(struct pull_request *pull_request, struct error *err)
{
	const char *head = variable("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA");

	/* Without a merge the pipeline is of the head itself. */
	pull_request->is_foreign = !str_equal(variable("CI_MERGE_REQUEST_SOURCE_PROJECT_ID"),
					      variable("CI_PROJECT_ID"));
	return set(pull_request, head ? head : variable("CI_COMMIT_SHA"),
		   variable("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME"), err);
}

/* Nothing is set if CI tries none. */
static int read_pull_request(struct pull_request *ret, struct error *err)
{
	if (is("GITHUB_EVENT_NAME", "pull_request"))
		return read_github(ret, err);
	return variable("CI_MERGE_REQUEST_IID") ? read_gitlab(ret, err) : 0;
}

static bool is_commit_of_ci(const char *sha)
{
	return is("GITHUB_SHA", sha) || is("CI_COMMIT_SHA", sha);
}

int ci_pull_request_head(const char *sha, char **ret_head, struct error *err)
{
	AUTO(pull_request_release) struct pull_request pull_request = { 0 };

	*ret_head = NULL;
	if (!is_commit_of_ci(sha))
		return 0;
	if (read_pull_request(&pull_request, err))
		return -1;
	if (pull_request.head && strcmp(pull_request.head, sha) != 0)
		*ret_head = TAKE(pull_request.head);
	return 0;
}

int ci_branch(const char *sha, char **ret_branch, struct error *err)
{
	AUTO(pull_request_release) struct pull_request pull_request = { 0 };
	const char *branch = NULL;

	if (read_pull_request(&pull_request, err))
		return -1;
	if (pull_request.head) {
		if (!pull_request.is_foreign &&
		    (is_commit_of_ci(sha) || !strcmp(pull_request.head, sha)))
			branch = pull_request.branch;
	} else if (is("GITHUB_SHA", sha)) {
		if (is("GITHUB_REF_TYPE", "branch") && !variable("GITHUB_HEAD_REF"))
			branch = variable("GITHUB_REF_NAME");
	} else if (is("CI_COMMIT_SHA", sha)) {
		branch = variable("CI_COMMIT_BRANCH");
	}
	*ret_branch = NULL;
	return str_replace(ret_branch, branch, err);
}
