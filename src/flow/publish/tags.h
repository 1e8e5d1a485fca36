/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The tags that a publication gives besides :<sha7> and :latest: what the
 * templates of image.tag make of the commit. A fixed one (1.2.3, 20261121) is
 * never taken from another commit: that is a conflict. A moving one (main, 1.2)
 * goes forward only, as :latest does, and so does image.version. Nothing here asks a
 * registry.
 */
#include "flow/job.h"

struct tag {
	char *name;
	char *rule;	 /* the template: "{branch}", "semver" */
	const char *key; /* where that stands: "image.tag" */
	char *why;	 /* for people: "branch 'main'", "v1.2.3 is the highest of 1.2" */
	bool is_moving;
	bool is_version; /* a moving one that goes by version: "1.2" */
};

struct tag_list {
	struct tag *items;
	size_t len;
};

void tag_list_release(struct tag_list *list);

/* Each name once, none of them "latest" or of our own form, all of them valid;
 * a template that would give such a one is ERROR_INPUT. */
int tags_list(const struct job *job, struct tag_list *ret_list, struct error *err) CHECK;
/* The same, and what is left out: `why` says why, `name` is the template where it
 * did not come to a name. */
int tags_explain(const struct job *job, struct tag_list *ret_given, struct tag_list *ret_left_out,
		 struct error *err) CHECK;

/* What the commit `held_sha`, which a moving tag holds, is to ours: as
 * commit_relate() says it, but where both have a version that decides. */
int tag_relate(const struct job *job, const struct tag *tag, const char *held_sha,
	       enum commit_relation *ret_relation, struct error *err) CHECK;

/* Does YAML read that tag as a number, if nobody quotes it? */
bool tag_is_number(const char *tag);
/* Warns once of it, if that of the commit is one and there is no image.tagPrefix. */
void tags_warn_of_number(const struct job *job);
