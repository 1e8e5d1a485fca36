/* SPDX-License-Identifier: MIT */
/* Extra tags: what templates make of a commit, and what CI says of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "flow/build/identity.h"
#include "flow/ci.h"
#include "flow/publish/tags.h"
#include "world.h"

static void test_which_tags_yaml_takes_for_numbers(void **state)
{
	static const char *const numbers[] = { "1234567", "0123456", "123e456",
					       "1e99999", "0b10110", "0000000" };
	static const char *const texts[] = { "1f2e3d4",
					     "e123456",
					     "123456e",
					     "12e34e5",
					     "0b10112",
					     "abcdefa",
					     "1234567-linux-arm64",
					     "sha-1234567" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		assert_true(tag_is_number(numbers[i]));
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_false(tag_is_number(texts[i]));
}

/* The commit that the run is at. */
#define OURS 1

static struct job job_of(struct world *world)
{
	return (struct job){ .run = &world->run, .settings = &world->settings };
}

static void set_rules(struct world *world, const char *const *rules)
{
	struct error err = { 0 };

	strv_release(&world->settings.tags);
	for (; *rules; rules++)
		assert_int_equal(strv_add(&world->settings.tags, *rules, &err), 0);
}
#define RULES(world, ...) set_rules(world, (const char *const[]){ __VA_ARGS__, NULL })

/* "1.2.3 1.2> 1>": a moving one has a '>'. */
static void add_text(const struct tag_list *list, struct buf *out)
{
	for (size_t i = 0; i < list->len; i++)
		buf_add_format(out, "%s%s%s", out->len ? " " : "", list->items[i].name,
			       list->items[i].is_moving ? ">" : "");
}

static void expect(struct world *world, const char *given, const char *left_out)
{
	AUTO(tag_list_release) struct tag_list is_given = { 0 }, is_left_out = { 0 };
	AUTO(buf_release) struct buf text = BUF_INIT(4096);
	struct job job = job_of(world);
	struct error err = { 0 };

	if (tags_explain(&job, &is_given, &is_left_out, &err))
		fail_msg("%s", err.message);
	add_text(&is_given, &text);
	assert_string_equal(text.data, given);
	buf_reset(&text);
	for (size_t i = 0; i < is_left_out.len; i++)
		buf_add_format(&text, "%s%s: %s", i ? "; " : "", is_left_out.items[i].name,
			       is_left_out.items[i].why);
	assert_string_equal(text.data, left_out);
}

static int tear_down(void **state)
{
	struct world *world = *state;

	strv_release(&world->settings.tags);
	free(world->settings.tag_prefix);
	free(world->settings.version);
	return world_tear_down(state);
}

static void git_tag(struct world *world, const char *name, size_t commit)
{
	WORLD_GIT(world, NULL, "tag", name, world->sha[commit]);
}

static void test_a_release_gives_its_version_and_its_lines(void **state)
{
	struct world *world = *state;

	RULES(world, "semver");
	expect(world, "",
	       "{version}: no git tag of the commit is a version; "
	       "{major}.{minor}: no git tag of the commit is a version; "
	       "{major}: no git tag of the commit is a version");
	git_tag(world, "v1.2.2", 0);
	git_tag(world, "nightly", OURS);
	git_tag(world, "v1.2.3", OURS);
	expect(world, "1.2.3 1.2> 1>", "");
	git_tag(world, "v1.3.0-rc.1", 2);
	git_tag(world, "v2.0.0", 2);
	expect(world, "1.2.3 1.2> 1>", "");
	git_tag(world, "v1.3.0", 2);
	expect(world, "1.2.3 1.2>", "1: git tag 'v1.3.0' is higher");
	git_tag(world, "1.2.10", 2);
	expect(world, "1.2.3", "1.2: git tag '1.2.10' is higher; 1: git tag 'v1.3.0' is higher");
	RULES(world, "v{major}-alpine", "{tag}");
	expect(world, "nightly v1.2.3", "v1-alpine: git tag 'v1.3.0' is higher");
}

static void test_the_version_of_the_image_moves(void **state)
{
	struct world *world = *state;
	struct job job = job_of(world);
	struct tag_list given, left_out;
	struct error err = { 0 };

	world->settings.version = strdup("1.2");
	expect(world, "1.2>", "");
	RULES(world, "semver");
	git_tag(world, "v1.2.3", OURS);
	expect(world, "1.2.3 1.2> 1>", "1.2: another rule gives it, too");
	free(world->settings.version);
	world->settings.version = strdup("1234567");
	RULES(world, "{tag}");
	assert_int_equal(tags_explain(&job, &given, &left_out, &err), -1);
	assert_string_equal(err.message, "'image.version': '1234567' gives the tag '1234567': it "
					 "looks like that of another commit");
}

static void test_a_pre_release_gives_its_version_only(void **state)
{
	struct world *world = *state;

	RULES(world, "semver", "v{major}.{minor}.{patch}");
	git_tag(world, "v1.2.3-rc.1", OURS);
	expect(world, "1.2.3-rc.1",
	       "{major}.{minor}: git tag 'v1.2.3-rc.1' is a pre-release; "
	       "{major}: git tag 'v1.2.3-rc.1' is a pre-release; "
	       "v{major}.{minor}.{patch}: git tag 'v1.2.3-rc.1' is a pre-release");
}

static void test_a_version_0_has_no_line_of_its_major(void **state)
{
	struct world *world = *state;

	RULES(world, "semver");
	git_tag(world, "v0.4.1", OURS);
	expect(world, "0.4.1 0.4>", "0: versions 0.x are no line");
}

static void test_the_branch_is_that_of_the_commit(void **state)
{
	struct world *world = *state;

	RULES(world, "{branch}", "{branch}-{sha7}");
	WORLD_GIT(world, NULL, "checkout", "-q", "-b", "feature/x");
	expect(world, "",
	       "{branch}: no branch is checked out; "
	       "{branch}-{sha7}: no branch is checked out");
	WORLD_GIT(world, NULL, "reset", "-q", "--hard", world->sha[OURS]);
	RULES(world, "{branch}", "pr-{branch}");
	expect(world, "feature-x> pr-feature-x>", "");
}

static void test_two_rules_of_one_tag_give_it_once_and_fixed(void **state)
{
	struct world *world = *state;

	git_tag(world, "v1", OURS);
	RULES(world, "v1", "{tag}");
	expect(world, "v1", "v1: another rule gives it, too");
	git_tag(world, "v2.3.4", OURS);
	git_tag(world, "v2.3.4+5", OURS);
	RULES(world, "{major}.{minor}");
	expect(world, "2.3>", "2.3: another git tag gives it, too");
}

static void test_the_own_tag_is_none_of_the_others(void **state)
{
	AUTO(buf_release) struct buf text = BUF_INIT(256);
	struct world *world = *state;

	RULES(world, "{sha7}", "{sha}");
	buf_add_format(&text, "%.7s: that is the commit's own tag", world->sha[OURS]);
	expect(world, world->sha[OURS], text.data);
}

static void test_a_name_that_lies_is_refused(void **state)
{
	static const struct {
		const char *git_tag, *rule, *message;
	} cases[] = {
		{ "deadbee", "{tag}",
		  "gives the tag 'deadbee': it looks like that of another commit" },
		{ "deadbee-linux-arm64", "{tag}",
		  "gives the tag 'deadbee-linux-arm64': it looks like that of another commit" },
		{ "a", "sha-0123456",
		  "gives the tag 'sha-0123456': it looks like that of another commit" },
		{ "latest", "{tag}", "gives the tag 'latest': that one has rules of its own" },
		{ "---", "{tag}", "gives the tag '': nothing is left of it" },
	};
	struct world *world = *state;
	struct job job = job_of(world);

	world->settings.tag_prefix = strdup("sha-");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(tag_list_release) struct tag_list list = { 0 };
		struct error err = { 0 };
		char message[256], ref[64];

		snprintf(ref, sizeof(ref), "refs/tags/%s", cases[i].git_tag);
		WORLD_GIT(world, NULL, "update-ref", ref, world->sha[OURS]);
		RULES(world, cases[i].rule);
		assert_int_equal(tags_list(&job, &list, &err), -1);
		assert_int_equal(err.kind, ERROR_INPUT);
		snprintf(message, sizeof(message), "'image.tag': '%s' %s", cases[i].rule,
			 cases[i].message);
		assert_string_equal(err.message, message);
		WORLD_GIT(world, NULL, "update-ref", "-d", ref);
	}
}

static void test_lines_move_by_version_across_branches(void **state)
{
	struct tag line = { .is_moving = true, .is_version = true };
	struct tag branch = { .is_moving = true };
	struct world *world = *state;
	struct job job = job_of(world);
	enum commit_relation relation;
	struct error err = { 0 };
	char side[41];

	WORLD_GIT(world, NULL, "checkout", "-q", "-b", "side", world->sha[0]);
	WORLD_GIT(world, NULL, "commit", "-q", "--allow-empty", "-m", "side");
	WORLD_GIT(world, side, "rev-parse", "HEAD");
	git_tag(world, "v1.3.0", OURS);
	WORLD_GIT(world, NULL, "tag", "v1.2.9", side);
	assert_int_equal(tag_relate(&job, &line, side, &relation, &err), 0);
	assert_int_equal(relation, COMMIT_ANCESTOR);
	assert_int_equal(tag_relate(&job, &branch, side, &relation, &err), 0);
	assert_int_equal(relation, COMMIT_DIVERGED);
	WORLD_GIT(world, NULL, "tag", "v1.4.0", side);
	assert_int_equal(tag_relate(&job, &line, side, &relation, &err), 0);
	assert_int_equal(relation, COMMIT_DESCENDANT);
	assert_int_equal(tag_relate(&job, &line, world->sha[0], &relation, &err), 0);
	assert_int_equal(relation, COMMIT_ANCESTOR);
}

static void test_a_prefix_is_part_of_the_own_form(void **state)
{
	struct world *world = *state;
	struct engine_image image = { 0 };
	const char *sha = world->sha[OURS];
	struct error err = { 0 };
	AUTOFREE char *tag = NULL, *plain = NULL;

	plain = identity_tag(&world->settings, sha, &err);
	world->settings.tag_prefix = strdup("sha-");
	tag = identity_tag(&world->settings, sha, &err);
	assert_true(str_starts(tag, "sha-") && !strncmp(tag + 4, sha, 7) && !tag[11]);
	assert_true(identity_tag_is_ours("sha-", tag));
	assert_true(identity_tag_is_ours("sha-", plain));
	assert_false(identity_tag_is_ours(NULL, tag));
	assert_false(identity_tag_is_ours("git-", tag));
	assert_true(identity_tag_matches("sha-", tag, sha, &image));
	assert_true(identity_tag_matches("sha-", plain, sha, &image));
	assert_false(identity_tag_matches("sha-", tag, world->sha[0], &image));
}

static const char *const ci_variables[] = {
	"GITHUB_EVENT_NAME",
	"GITHUB_EVENT_PATH",
	"GITHUB_HEAD_REF",
	"GITHUB_REF_NAME",
	"GITHUB_REF_TYPE",
	"GITHUB_REPOSITORY",
	"GITHUB_SHA",
	"CI_COMMIT_BRANCH",
	"CI_COMMIT_SHA",
	"CI_MERGE_REQUEST_IID",
	"CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
	"CI_MERGE_REQUEST_SOURCE_BRANCH_SHA",
	"CI_MERGE_REQUEST_SOURCE_PROJECT_ID",
	"CI_PROJECT_ID",
};

#define MERGE "1111111111111111111111111111111111111111"
#define HEAD  "2222222222222222222222222222222222222222"
#define OTHER "3333333333333333333333333333333333333333"

static void set_variables(const char *const *pairs)
{
	for (size_t i = 0; i < ARRAY_SIZE(ci_variables); i++)
		unsetenv(ci_variables[i]);
	for (; pairs[0]; pairs += 2)
		setenv(pairs[0], pairs[1], 1);
}
#define CI(...) set_variables((const char *const[]){ __VA_ARGS__, NULL })

static void expect_ci(const char *sha, const char *branch, const char *head)
{
	AUTOFREE char *is_branch = NULL, *is_head = NULL;
	struct error err = { 0 };

	assert_int_equal(ci_branch(sha, &is_branch, &err), 0);
	assert_true(str_equal(is_branch, branch));
	assert_int_equal(ci_pull_request_head(sha, &is_head, &err), 0);
	assert_true(str_equal(is_head, head));
}

static void test_ci_is_believed_about_its_own_commit(void **state)
{
	(void)state;
	CI("GITHUB_SHA", HEAD, "GITHUB_REF_TYPE", "branch", "GITHUB_REF_NAME", "main");
	expect_ci(HEAD, "main", NULL);
	expect_ci(OTHER, NULL, NULL);
	CI("GITHUB_SHA", HEAD, "GITHUB_REF_TYPE", "tag", "GITHUB_REF_NAME", "v1.2.3");
	expect_ci(HEAD, NULL, NULL);
	CI("CI_COMMIT_SHA", HEAD, "CI_COMMIT_BRANCH", "main");
	expect_ci(HEAD, "main", NULL);
	expect_ci(OTHER, NULL, NULL);
	CI("CI_COMMIT_SHA", HEAD);
	expect_ci(HEAD, NULL, NULL);
	CI(NULL);
	expect_ci(HEAD, NULL, NULL);
}

static void write_event(const char *path, const char *repository)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fprintf(file,
		"{\"pull_request\": {\"head\": {\"ref\": \"feature/x\", \"sha\": \"%s\", "
		"\"repo\": {\"full_name\": \"%s\"}}}}",
		HEAD, repository);
	fclose(file);
}

static void test_a_pull_request_on_github_has_a_head(void **state)
{
	const struct world *world = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s/event.json", world->state);
	write_event(path, "team/app");
	CI("GITHUB_EVENT_NAME", "pull_request", "GITHUB_SHA", MERGE, "GITHUB_EVENT_PATH", path,
	   "GITHUB_REPOSITORY", "team/app", "GITHUB_REF_TYPE", "branch", "GITHUB_REF_NAME",
	   "7/merge", "GITHUB_HEAD_REF", "feature/x");
	expect_ci(MERGE, "feature/x", HEAD);
	expect_ci(HEAD, "feature/x", NULL);
	expect_ci(OTHER, NULL, NULL);
	write_event(path, "stranger/app");
	expect_ci(MERGE, NULL, HEAD);
	setenv("GITHUB_EVENT_PATH", "/nonexistent", 1);
	expect_ci(MERGE, NULL, NULL);
	CI(NULL);
}

/* Opens the repository at `revision`, HEAD being a merge that CI made. */
static void expect_commit(const struct world *world, const char *revision, const char *sha)
{
	struct run run = { 0 };
	struct error err = { 0 };

	assert_int_equal(
		run_open(&(struct run_options){ .folder = world->folder, .revision = revision },
			 NULL, &run, &err),
		0);
	assert_string_equal(run.commit.sha, sha);
	run_close(&run);
}

static void test_the_head_of_a_pull_request_is_meant(void **state)
{
	const struct world *world = *state;

	CI("CI_MERGE_REQUEST_IID", "7", "CI_COMMIT_SHA", world->sha[2],
	   "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", world->sha[OURS]);
	expect_commit(world, NULL, world->sha[OURS]);
	expect_commit(world, "HEAD", world->sha[2]);
	setenv("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", OTHER, 1);
	expect_commit(world, NULL, world->sha[2]);
	CI(NULL);
	expect_commit(world, NULL, world->sha[2]);
}

static void test_a_merge_request_on_gitlab_has_a_head(void **state)
{
	(void)state;
	CI("CI_MERGE_REQUEST_IID", "7", "CI_COMMIT_SHA", MERGE,
	   "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", HEAD, "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
	   "feature/x", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "1", "CI_PROJECT_ID", "1");
	expect_ci(MERGE, "feature/x", HEAD);
	expect_ci(HEAD, "feature/x", NULL);
	setenv("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "2", 1);
	expect_ci(MERGE, NULL, HEAD);
	CI("CI_MERGE_REQUEST_IID", "7", "CI_COMMIT_SHA", HEAD,
	   "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "feature/x", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID",
	   "1", "CI_PROJECT_ID", "1");
	expect_ci(HEAD, "feature/x", NULL);
	CI(NULL);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, world_set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_which_tags_yaml_takes_for_numbers),
		WITH_WORLD(test_a_release_gives_its_version_and_its_lines),
		WITH_WORLD(test_the_version_of_the_image_moves),
		WITH_WORLD(test_a_pre_release_gives_its_version_only),
		WITH_WORLD(test_a_version_0_has_no_line_of_its_major),
		WITH_WORLD(test_the_branch_is_that_of_the_commit),
		WITH_WORLD(test_two_rules_of_one_tag_give_it_once_and_fixed),
		WITH_WORLD(test_the_own_tag_is_none_of_the_others),
		WITH_WORLD(test_a_name_that_lies_is_refused),
		WITH_WORLD(test_lines_move_by_version_across_branches),
		WITH_WORLD(test_a_prefix_is_part_of_the_own_form),
		cmocka_unit_test(test_ci_is_believed_about_its_own_commit),
		WITH_WORLD(test_a_pull_request_on_github_has_a_head),
		cmocka_unit_test(test_a_merge_request_on_gitlab_has_a_head),
		WITH_WORLD(test_the_head_of_a_pull_request_is_meant),
	};

	CI(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
