/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * An image is to be here, by the shortest way: it is; its registry has it; it is built, and
 * what it stands on before it. What comes from a registry counts only if it is what the tag
 * says: the commit's SHA, or the content key, under our stamp, read before it is pulled.
 *
 * Its parents count by the key of the image that is had: the content tag may then be another one
 * than was foreseen, and is looked for again.
 *
 * What was built may be pushed under its content tag, VERSION-KEY16, for others to find.
 * That is a cache: neither :<sha7> nor :latest is ever pushed or moved there by this, for
 * these tell what has passed its trial. An image without a version is never pushed.
 */
#include "flow/job.h"

enum ensured_how { ENSURED_LOCAL, ENSURED_PULLED, ENSURED_STAMPED, ENSURED_BUILT };

struct ensured {
	char *reference; /* what it is called here now */
	char *id;	 /* NULL in a dry run, if it was not here */
	enum ensured_how how;
	bool is_pushed;
};

void ensured_release(struct ensured *ensured);
/* "local", "pulled", "stamped", "built" */
const char *ensured_name(enum ensured_how how);

/* Hands over what is known, with its reference. */
int ensured_give(struct ensured *ensured, const char *reference, struct ensured *ret_ensured,
		 struct error *err) CHECK;

static inline bool ensure_may_pull(enum ensure_policy policy)
{
	return policy == ENSURE_ALL || policy == ENSURE_PULL_ONLY;
}

static inline bool ensure_may_push(enum ensure_policy policy)
{
	return policy == ENSURE_ALL || policy == ENSURE_PUSH_ONLY;
}

struct ensure_options {
	bool by_content; /* under its content tag instead of the commit's */
	bool is_forced;	 /* neither what is here nor what a registry has will do */
};

/* The job's image, by image.ensure of its settings. A registry that does not say whether it
 * has it is an error, for an unknown is no no. 1: it has to be built, and its parents are to
 * be had before, each by its commit; then this is called again and goes on. */
int ensure_job(struct job *job, const struct ensure_options *options, struct ensured *ret_ensured,
	       struct error *err) CHECK;

/* 16 digits of job->key behind the version, "latest" without one; NULL: the key is not
 * known before the build (ERROR_INPUT). After run_engine(). */
char *ensure_content_tag(struct job *job, struct error *err) CHECK;

/* An image of somebody else's: here, or pulled. */
struct ensure_foreign {
	struct engine *engine;
	struct event_sink *sink;
	const char *reference; /* with a tag or digest */
	const char *platform;  /* NULL: the engine's own */
	enum ensure_policy policy;
	bool is_forced; /* pulled in any case */
	bool is_dry_run;
};

/* ERROR_NO: it is not here, and there is none in the registry, or it may not be pulled. */
int ensure_foreign(const struct ensure_foreign *foreign, struct ensured *ret_ensured,
		   struct error *err) CHECK;

/* One of ours that image.digest names is had in the same way; job->image is then it. After
 * run_engine(). */
struct ensure_pinned {
	enum ensure_policy policy;
	bool is_forced;
};

int ensure_pinned(struct job *job, const struct ensure_pinned *options, struct ensured *ret_ensured,
		  struct error *err) CHECK;
