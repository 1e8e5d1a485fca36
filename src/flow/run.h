/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * One invocation: the repository, the commit, who we are, what was asked. A
 * run is alive while it holds the lock of its file in the state folder; what
 * it leaves in an engine carries its identity, so that the next run knows what
 * a dead one left behind.
 */
#include "base/event.h"
#include "base/host.h"
#include "engine/engine.h"
#include "flow/ledger/record.h"
#include "git/commit.h"
#include "git/repository.h"
#include "trust/seal.h"

struct past;
struct silence;

/* What the command line asks for, as far as the flow cares. */
struct run_options {
	const char *folder;	  /* to find the repository from; NULL: the current one */
	const char *revision;	  /* NULL: HEAD, or the head of CI's pull request */
	const char *engine;	  /* URL; NULL: look for one */
	const char *trial_engine; /* URL, for images that `engine` cannot run; NULL: none */
	bool uses_worktree;
	bool is_dry_run;
	bool ignores_cache;
	bool pulls_bases;
	bool rebuilds;
	bool pulls_nothing; /* no image of ours, that is; bases are the engine's affair */
	bool allows_untested;
	bool moves_latest;
	bool is_quiet_about_changes; /* hooks and CI: no notice of a dirty work tree */
};

struct run {
	struct run_options options;
	struct event_sink *sink;
	struct git_repo *repo;
	struct commit commit;
	struct engine *engine;	     /* NULL until run_engine() */
	struct engine *trial_engine; /* NULL until run_trial_engine() */
	struct host_id id, boot;
	struct host_id host;	 /* bound to the seal's key once run_begin() was called */
	char *state_folder;	 /* may not be there yet */
	struct past *past;	 /* flow/key/past.h */
	struct silence *silence; /* flow/key/silence.h */
	struct seal seal;
	struct record_list records; /* run_records(), as they are at `records_tip` */
	char *records_tip;	    /* NULL: not read */
	bool has_warned_of_number;
	int alive_fd; /* holds the lock of <state>/runs/<id>; -1: read only so far */
	bool is_fork; /* run_fork(): commit, seal and folder are another's */
};

/* Opens the repository and resolves the commit; nothing is written yet. */
int run_open(const struct run_options *options, struct event_sink *sink, struct run *ret_run,
	     struct error *err) CHECK;
/* Ends the engine connection and the run's lock. Fine on a zeroed one. */
void run_close(struct run *run);

/*
 * The same run for another thread: a repository handle of its own, and a connection of
 * its own to the same engine once it is needed. `run` has begun and outlives it; what
 * it started, as Podman's service, is shared. One thread forks, before the others run.
 */
int run_fork(const struct run *run, struct run *ret_fork, struct error *err) CHECK;

/* Connects to the engine unless that is done. */
int run_engine(struct run *run, struct error *err) CHECK;
/* The same for who can do without it: none that answers is no error. */
int run_engine_if_any(struct run *run, struct error *err) CHECK;

/* Can the engine run what it builds? Else trials need another one. */
static inline bool run_has_containers(const struct run *run)
{
	return run->engine->info.kind != ENGINE_BUILDKIT;
}
/* The engine that runs trials: the same, or another one that is connected to now and, but in
 * a dry run, swept of what dead runs left. After run_begin(). */
int run_trial_engine(struct run *run, struct engine **ret_engine, struct error *err) CHECK;

/*
 * From here on the run changes something: takes its lock of life, reads the
 * seal's key, and sweeps what dead runs left in the engine. Once; of a fork never.
 */
int run_begin(struct run *run, struct error *err) CHECK;

/* Reads the seal's key if there is one: enough to know our own ledger lines
 * without writing anything. */
int run_read_seal(struct run *run, struct error *err) CHECK;

/*
 * What is on record of the run's commit. A commit of many images has many lines: they are
 * read again only when the ledger has changed. The run's until the next call.
 */
int run_records(struct run *run, const struct record_list **ret_list, struct error *err) CHECK;

/* Is the run of that id, of this host and boot, still alive? */
bool run_is_alive(const struct run *run, const char *id);

/* Notes that this run still needs an image, so that no other one of this state folder removes
 * it: under the lock of its repository, as is the question. A failure costs a rerun later. */
void run_hold(const struct run *run, const char *id);
/* Does a run that is alive need it? Also if that cannot be told. */
bool run_is_held(const struct run *run, const char *id);

/* Waits for the lock on a repository's local tags. Say so if it takes long. */
int run_lock(struct run *run, const char *repository, int *ret_fd, struct error *err) CHECK;
