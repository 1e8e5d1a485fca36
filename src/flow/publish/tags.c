/* SPDX-License-Identifier: MIT */
#include "flow/publish/tags.h"

#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "flow/build/identity.h"
#include "flow/ci.h"
#include "flow/publish/tag-template.h"
#include "flow/publish/version.h"
#include "git/tags.h"
#include "image/reference.h"

/* What is known of the commit, and the tags so far. */
struct listing {
	const struct job *job;
	const char *key;      /* "image.tag" */
	const char *rule;     /* as it is configured */
	const char *template; /* of it, or one that it stands for */
	struct git_tag_names git_tags;
	char *branch;
	bool is_branch_of_ci;
	struct tag_list given, left_out;
};

static void tag_release(struct tag *tag)
{
	free(tag->name);
	free(tag->rule);
	free(tag->why);
	*tag = (struct tag){ 0 };
}

void tag_list_release(struct tag_list *list)
{
	for (size_t i = 0; i < list->len; i++)
		tag_release(&list->items[i]);
	free(list->items);
	*list = (struct tag_list){ 0 };
}

static void listing_release(struct listing *listing)
{
	git_tag_names_release(&listing->git_tags);
	free(listing->branch);
	tag_list_release(&listing->given);
	tag_list_release(&listing->left_out);
}

static bool uses(const struct listing *listing, enum tag_field field)
{
	return tag_template_uses(listing->template, field);
}

/* Takes the tag's texts over, also when it fails. */
static int add(struct tag_list *list, struct tag *tag, struct error *err)
{
	struct tag *items = reallocarray(list->items, list->len + 1, sizeof(*items));

	if (!items) {
		tag_release(tag);
		return error_set_memory(err);
	}
	list->items = items;
	list->items[list->len++] = *tag;
	*tag = (struct tag){ 0 };
	return 0;
}

static int leave_out(struct listing *listing, const char *name, const char *why, struct error *err)
{
	AUTO(tag_release) struct tag tag = { .key = listing->key };

	if (str_replace(&tag.name, name ? name : listing->template, err) ||
	    str_replace(&tag.rule, listing->rule, err) || str_replace(&tag.why, why, err))
		return -1;
	return add(&listing->left_out, &tag, err);
}

/* HEAD's, if the commit is HEAD's; else what CI says, which checks out no branch. */
static int find_branch(struct listing *listing, struct error *err)
{
	struct git_repo *repo = listing->job->run->repo;
	const char *sha = listing->job->run->commit.sha;
	AUTO(commit_release) struct commit head = { 0 };

	if (listing->branch)
		return 0;
	if (commit_resolve(repo, "HEAD", &head, err)) {
		if (error_is(err, ERROR_MEMORY))
			return -1;
		error_clear(err);
	}
	if (!strcmp(head.sha, sha) && repo_branch(repo, &listing->branch, err))
		return -1;
	if (listing->branch)
		return 0;
	listing->is_branch_of_ci = true;
	return ci_branch(sha, &listing->branch, err);
}

static int refuse(const struct listing *listing, const char *name, const char *why,
		  struct error *err)
{
	error_set(err, ERROR_INPUT, "'%s': '%s' gives the tag '%s': %s", listing->key,
		  listing->rule, name, why);
	return error_hint(err, "with some text it is another, such as release-%.100s",
			  listing->template);
}

static int check_name(const struct listing *listing, const char *name, struct error *err)
{
	const struct job *job = listing->job;

	if (!reference_is_valid_tag(name))
		return refuse(listing, name,
			      *name ? "it is longer than 128 characters or begins with '.' or '-'"
				    : "nothing is left of it",
			      err);
	if (!strcmp(name, "latest"))
		return refuse(listing, name, "that one has rules of its own", err);
	if (identity_tag_misleads(job->settings, name, job->run->commit.sha))
		return refuse(listing, name, "it looks like that of another commit", err);
	return 0;
}

/* What another template gives too is fixed if it is for one of them. */
static int add_name(struct listing *listing, struct tag *tag, struct error *err)
{
	const struct job *job = listing->job;
	AUTOFREE char *own = identity_tag(job->settings, job->run->commit.sha, err);
	struct tag_list *given = &listing->given;

	if (!own || check_name(listing, tag->name, err))
		return -1;
	if (!strcmp(tag->name, own))
		return leave_out(listing, tag->name, "that is the commit's own tag", err);
	for (size_t i = 0; i < given->len; i++) {
		if (strcmp(given->items[i].name, tag->name) != 0)
			continue;
		given->items[i].is_moving &= tag->is_moving;
		return leave_out(listing, tag->name,
				 strcmp(given->items[i].rule, tag->rule) != 0
					 ? "another rule gives it, too"
					 : "another git tag gives it, too",
				 err);
	}
	return add(given, tag, err);
}

/* Without one of these the next commit gives the same name. */
static bool is_moving(const struct listing *listing)
{
	static const enum tag_field fixing[] = {
		TAG_FIELD_SHA,	TAG_FIELD_SHORT,   TAG_FIELD_TAG,
		TAG_FIELD_DATE, TAG_FIELD_VERSION, TAG_FIELD_PATCH
	};

	for (size_t i = 0; i < ARRAY_SIZE(fixing); i++)
		if (uses(listing, fixing[i]))
			return false;
	return true;
}

/* Takes `why` over; NULL: out of memory. */
static int give(struct listing *listing, const struct tag_values *values, char *why,
		struct error *err)
{
	AUTO(tag_release) struct tag tag = { .key = listing->key, .why = why };
	AUTO(buf_release) struct buf name = BUF_INIT(LIMIT_PEER_TEXT * 8);

	if (!why || str_replace(&tag.rule, listing->rule, err) ||
	    tag_template_expand(listing->template, values, &name, err) ||
	    str_replace(&tag.name, name.data, err))
		return -1;
	tag.is_moving = is_moving(listing);
	tag.is_version = tag.is_moving && values->texts[TAG_FIELD_VERSION];
	return add_name(listing, &tag, err);
}

static char *explain(const struct listing *listing, const struct tag_values *values,
		     struct error *err)
{
	if (values->texts[TAG_FIELD_TAG])
		return str_format(err, "git tag '%s'", values->texts[TAG_FIELD_TAG]);
	if (uses(listing, TAG_FIELD_BRANCH))
		return str_format(err, "branch '%s'%s", listing->branch,
				  listing->is_branch_of_ci ? ", as CI says" : "");
	if (uses(listing, TAG_FIELD_KEY))
		return str_copy("the content key", err);
	if (uses(listing, TAG_FIELD_DATE))
		return str_copy("the date of the commit", err);
	return str_copy(is_moving(listing) ? "as it stands there" : "the SHA of the commit", err);
}

/* The highest release of the line that the version is of, by major and minor or
 * by major alone. */
static const char *find_higher(const struct listing *listing, const struct version *version,
			       bool has_minor)
{
	const char *found = NULL;
	struct version highest = *version;

	for (size_t i = 0; i < listing->git_tags.len; i++) {
		const char *name = listing->git_tags.items[i].name;
		struct version other;

		if (!version_parse(name, &other) || !version_is_release(&other) ||
		    other.numbers[0] != version->numbers[0] ||
		    (has_minor && other.numbers[1] != version->numbers[1]) ||
		    version_compare(&other, &highest) <= 0)
			continue;
		highest = other;
		found = name;
	}
	return found;
}

/* A tag that all versions of a line get in turn: the highest has it. */
static int give_line(struct listing *listing, const struct tag_values *values,
		     const struct version *version, struct error *err)
{
	bool has_minor = uses(listing, TAG_FIELD_MINOR);
	const char *higher = find_higher(listing, version, has_minor);
	AUTO(buf_release) struct buf name = BUF_INIT(LIMIT_PEER_TEXT * 8);
	AUTOFREE char *why = NULL;
	const char *git_tag = values->texts[TAG_FIELD_TAG];

	if (tag_template_expand(listing->template, values, &name, err))
		return -1;
	if (!version->numbers[0] && !has_minor)
		return leave_out(listing, name.data, "versions 0.x are no line", err);
	if (higher) {
		why = str_format(err, "git tag '%s' is higher", higher);
		return why ? leave_out(listing, name.data, why, err) : -1;
	}
	return give(listing, values,
		    str_format(err, "git tag '%s' is the highest of its line", git_tag), err);
}

static int give_version(struct listing *listing, struct tag_values *values,
			const struct version *version, struct error *err)
{
	AUTOFREE char *text = str_copy_slice(version->text, err), *why = NULL;
	char numbers[3][24];

	if (!text)
		return -1;
	values->texts[TAG_FIELD_VERSION] = text;
	for (int i = 0; i < 3; i++) {
		snprintf(numbers[i], sizeof(numbers[i]), "%lld", (long long)version->numbers[i]);
		values->texts[TAG_FIELD_MAJOR + i] = numbers[i];
	}
	if (!version_is_release(version) && !uses(listing, TAG_FIELD_VERSION)) {
		why = str_format(err, "git tag '%s' is a pre-release",
				 values->texts[TAG_FIELD_TAG]);
		return why ? leave_out(listing, NULL, why, err) : -1;
	}
	if (is_moving(listing))
		return give_line(listing, values, version, err);
	return give(listing, values, explain(listing, values, err), err);
}

static bool uses_version(const struct listing *listing)
{
	return uses(listing, TAG_FIELD_VERSION) || uses(listing, TAG_FIELD_MAJOR) ||
	       uses(listing, TAG_FIELD_MINOR) || uses(listing, TAG_FIELD_PATCH);
}

/* One for each git tag of the commit, or each that is a version. */
static int expand_git_tags(struct listing *listing, struct tag_values *values, struct error *err)
{
	const struct git_tag_names *tags = &listing->git_tags;
	const struct git_tag_name *tag = git_tag_names_find(tags, listing->job->run->commit.sha);
	bool has_any = false;

	for (; tag && tag < tags->items + tags->len; tag++) {
		struct version version;

		if (strcmp(tag->sha, listing->job->run->commit.sha) != 0)
			break;
		values->texts[TAG_FIELD_TAG] = tag->name;
		if (!uses_version(listing)) {
			if (give(listing, values, explain(listing, values, err), err))
				return -1;
		} else if (!version_parse(tag->name, &version)) {
			continue;
		} else if (give_version(listing, values, &version, err)) {
			return -1;
		}
		has_any = true;
	}
	if (has_any)
		return 0;
	return leave_out(listing, NULL,
			 uses_version(listing) ? "no git tag of the commit is a version"
					       : "the commit has no git tag",
			 err);
}

/* 16 digits of what the stamp covers; empty: not known, or to this engine only. */
static char *find_key(const struct listing *listing, struct error *err)
{
	const struct job *job = listing->job;
	const char *key = strmap_get(&job->image.labels, LABEL_KEY);
	const char *prefix = "sha256:";

	if (!key || !str_starts(key, prefix) || !identity_sha(&job->image, job->settings->sha_env))
		key = prefix;
	return str_format(err, "%.16s", key + strlen(prefix));
}

static int expand(struct listing *listing, const char *template, struct error *err)
{
	const struct commit *commit = &listing->job->run->commit;
	AUTOFREE char *digits = str_format(err, "%.7s", commit->sha);
	AUTOFREE char *key = find_key(listing, err);
	struct tag_values values = {
		.texts = { [TAG_FIELD_SHA] = commit->sha,
			   [TAG_FIELD_SHORT] = digits,
			   [TAG_FIELD_KEY] = key },
		.time = commit->time,
	};

	listing->template = template;
	if (!digits || !key || (uses(listing, TAG_FIELD_BRANCH) && find_branch(listing, err)))
		return -1;
	if (uses(listing, TAG_FIELD_BRANCH) && !listing->branch)
		return leave_out(listing, NULL, "no branch is checked out", err);
	if (uses(listing, TAG_FIELD_KEY) && !*key)
		return leave_out(listing, NULL,
				 "a content key is known once the image is built, of bases that "
				 "are in a registry",
				 err);
	values.texts[TAG_FIELD_BRANCH] = listing->branch;
	if (uses(listing, TAG_FIELD_TAG) || uses_version(listing))
		return expand_git_tags(listing, &values, err);
	return give(listing, &values, explain(listing, &values, err), err);
}

static int expand_rule(struct listing *listing, const char *rule, struct error *err)
{
	static const char *const semver[] = { "{version}", "{major}.{minor}", "{major}" };

	listing->rule = rule;
	if (strcmp(rule, TAG_SEMVER) != 0)
		return expand(listing, rule, err);
	for (size_t i = 0; i < ARRAY_SIZE(semver); i++)
		if (expand(listing, semver[i], err))
			return -1;
	return 0;
}

/* It stays the same over many commits: the last of them has it. */
static int give_own_version(struct listing *listing, struct error *err)
{
	AUTO(tag_release) struct tag tag = { .key = "image.version", .is_moving = true };
	const char *version = listing->job->settings->version;

	if (!version)
		return 0;
	listing->key = tag.key;
	listing->rule = listing->template = version;
	if (str_replace(&tag.name, version, err) || str_replace(&tag.rule, version, err) ||
	    str_replace(&tag.why, "image.version, or VERSION in its folder", err))
		return -1;
	return add_name(listing, &tag, err);
}

int tags_explain(const struct job *job, struct tag_list *ret_given, struct tag_list *ret_left_out,
		 struct error *err)
{
	AUTO(listing_release) struct listing listing = { .job = job, .key = "image.tag" };
	const struct strv *rules = &job->settings->tags;

	if (rules->len && git_tag_names_read(job->run->repo, &listing.git_tags, err))
		return -1;
	for (size_t i = 0; i < rules->len; i++)
		if (expand_rule(&listing, rules->items[i], err))
			return -1;
	if (give_own_version(&listing, err))
		return -1;
	*ret_given = listing.given;
	*ret_left_out = listing.left_out;
	listing.given = listing.left_out = (struct tag_list){ 0 };
	return 0;
}

int tags_list(const struct job *job, struct tag_list *ret_list, struct error *err)
{
	AUTO(tag_list_release) struct tag_list left_out = { 0 };

	return tags_explain(job, ret_list, &left_out, err);
}

/* The highest release among the git tags of a commit. */
static bool find_release(const struct git_tag_names *tags, const char *sha,
			 struct version *ret_version)
{
	const struct git_tag_name *tag = git_tag_names_find(tags, sha);
	bool has_any = false;

	for (; tag && tag < tags->items + tags->len && !strcmp(tag->sha, sha); tag++) {
		struct version version;

		if (!version_parse(tag->name, &version) || !version_is_release(&version) ||
		    (has_any && version_compare(&version, ret_version) <= 0))
			continue;
		*ret_version = version;
		has_any = true;
	}
	return has_any;
}

/* Releases of one line come from several branches, which their order does not show. */
int tag_relate(const struct job *job, const struct tag *tag, const char *held_sha,
	       enum commit_relation *ret_relation, struct error *err)
{
	AUTO(git_tag_names_release) struct git_tag_names tags = { 0 };
	const char *sha = job->run->commit.sha;
	struct version held, ours;
	int order = 0;

	if (tag->is_version) {
		if (git_tag_names_read(job->run->repo, &tags, err))
			return -1;
		if (find_release(&tags, held_sha, &held) && find_release(&tags, sha, &ours))
			order = version_compare(&held, &ours);
	}
	if (!order)
		return commit_relate(job->run->repo, sha, held_sha, ret_relation, err);
	*ret_relation = order < 0 ? COMMIT_ANCESTOR : COMMIT_DESCENDANT;
	return 0;
}

/* All digits; digits, 'e', digits; and, since YAML 1.1, "0b" and binary digits. */
bool tag_is_number(const char *tag)
{
	static const char digits[] = "0123456789";
	const char *rest = tag + strspn(tag, digits);

	if (str_starts(tag, "0b") && tag[2])
		return !tag[2 + strspn(tag + 2, "01")];
	if (rest == tag)
		return false;
	if (*rest == 'e' && rest[1])
		rest += 1 + strspn(rest + 1, digits);
	return !*rest;
}

void tags_warn_of_number(const struct job *job)
{
	const struct settings *settings = job->settings;
	struct error ignored = { 0 };
	AUTOFREE char *tag = identity_tag(settings, job->run->commit.sha, &ignored);

	if (!tag || job->is_dirty || settings->tag_prefix || job->run->has_warned_of_number ||
	    !tag_is_number(tag))
		return;
	job->run->has_warned_of_number = true;
	event_warning(job->run->sink,
		      "YAML reads the tag %s as a number: write it in quotes there, or set "
		      "image.tagPrefix (sha- gives sha-%s)",
		      tag, tag);
}
