/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * One image of one commit on its way: plan, build, stamp, tag, trial, prune,
 * record, publish. Each step reads and fills this; loop.c holds their order.
 */
#include "context/context.h"
#include "flow/config/settings.h"
#include "flow/ledger/record.h"
#include "flow/run.h"
#include "registry/registry.h"

struct job;

/* An image of the same commit that another one is built on, or takes files from. */
struct job_parent {
	char *base;	 /* as its Dockerfile names it, arguments filled in; NULL: only
			  * image.NAME.parent does */
	struct job *job; /* of the same platform; outlives the child's */
};

struct job {
	struct run *run;
	const struct settings *settings;
	const char *platform; /* to build for; NULL: the engine's own */
	char *name;	      /* of the image in its repository */
	char *repository;     /* "registry.example.com/team/web", no tag */
	char *sha;	      /* what the image's SHA holds: the full commit, or + "-dirty" */
	char *tag;	      /* "1f2e3d4", "1f2e3d4-dirty-<hash8>", or as `platform_tag` */
	/* Of one platform of several: "1f2e3d4-linux-arm64", under which it is
	 * published before the index is; NULL: it is the only one. */
	char *platform_tag;
	char *reference;	    /* repository:tag; repository@digest: image.digest */
	char *latest;		    /* repository:latest */
	struct job_parent *parents; /* see flow/graph/graph.h; the list is the job's */
	size_t parent_count;
	struct strmap slips;	 /* a foreign base, and the image here whose name is so near to
				  * its own that it may be meant */
	struct context *context; /* open from plan to build, else NULL */
	struct reference mount_source; /* mount_source_of_job() */
	bool has_mount_source;	       /* it was looked for */

	char *key;		   /* of its content, to be noted; NULL: not known */
	char *why_no_key;	   /* for people */
	bool is_parent;		   /* the keys of others need its own */
	bool is_published;	   /* by this run, once all that goes with it is there */
	bool is_needed;		   /* ->image still is, by others, once this job is done */
	struct strmap key_inputs;  /* what it is made of, as key_note() gives it */
	bool has_parents;	   /* ensure_job() has asked for them */
	bool is_pulled;		   /* content_id was, for nothing else */
	bool has_remembered_base;  /* job_key_renew() asks for it */
	char *content_id;	   /* what the build gave */
	bool is_from_buildkit;	   /* nothing needs it then, once it is stamped */
	bool has_inline_cache;	   /* in its configuration */
	struct engine_image image; /* the stamped one; `id` is NULL until it exists */
	bool is_secondary;	   /* `tag` is `platform_tag`, and another one's is plain */
	bool is_exempt;		   /* may be published untested: image.untestedPlatforms */
	bool is_dirty;
	bool is_built;	/* in this run */
	bool is_tested; /* a passing trial of this very image is on record, or now done */
	int lock_fd;	/* of the repository's local tags, -1 */

	struct engine *trial_engine; /* that runs it; borrowed */
	char *trial_image;   /* what it runs there: a name, if it was taken there, else the ID */
	char *trial_id;	     /* the trial's container, NULL once removed */
	struct ahead *ahead; /* its blobs on their way to the registry; NULL: none */
	struct record_list records; /* to be written at the end */
};

#define JOB_INIT                                                                                   \
	{                                                                                          \
		.lock_fd = -1                                                                      \
	}

struct job_subject {
	const char *name; /* of the image; NULL: the only one */
	const struct settings *settings;
	const char *platform; /* of settings->platforms; NULL: none is asked for */
	bool is_secondary;
};

/* Names everything; opens the context of a dirty one to know its tag. What the
 * subject points to outlives the job, the name apart. */
int job_init(struct job *job, struct run *run, const struct job_subject *subject,
	     struct error *err) CHECK;
void job_release(struct job *job);

/* Does the repository's name begin with a registry, or is there a target instead
 * (image.to)? Else it is local only. */
bool job_has_registry(const struct job *job);

/* With what its settings say of registries; `job` outlives it. */
int job_open_registry(const struct job *job, const struct reference *reference,
		      struct registry **ret_registry, struct error *err) CHECK;

/* Waits for the lock on the repository's local tags, unless the job has it or this is a
 * dry run. */
int job_lock(struct job *job, struct error *err) CHECK;
/* An image that is needed still is held before (run_hold()). */
void job_unlock(struct job *job);

/* Opens the context of commit or work tree once; the Dockerfile is then known. */
int job_open_context(struct job *job, struct error *err) CHECK;

/* Adds a fact to be recorded; a zeroed record of that kind with run, image, id
 * and time set. NULL without memory. */
struct record *job_add_record(struct job *job, enum record_kind kind, struct error *err) CHECK;

/* Events of a step of this job. The clock runs from start to done or fail. */
struct step {
	struct job *job;
	const char *name;
	int64_t started_ms;
};

struct step step_start(struct job *job, const char *name, const char *detail);
/* `detail` may be NULL. */
void step_done(const struct step *step, const char *detail);
/* Emits the failure and returns -1, so that it can be returned. */
int step_fail(const struct step *step);
void step_skip(struct job *job, const char *name, const char *why);
/* In a dry run: says what would be done and returns true. */
bool step_is_dry(struct job *job, const char *name, const char *format, ...) PRINTF(3, 4);
