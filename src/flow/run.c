/* SPDX-License-Identifier: MIT */
#include "flow/run.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/path.h"
#include "base/process.h"
#include "base/str.h"
#include "codec/digest.h"
#include "engine/connect.h"
#include "flow/ci.h"
#include "flow/key/past.h"
#include "flow/key/silence.h"
#include "flow/strays.h"
#include "git/notes.h"

#define LOCK_WAIT_MS   (60 * 60 * 1000)
#define LOCK_NOTICE_MS 1000
#define TURN_WAIT_MS   5000

/* CI tries a pull request by a merge of it that no branch will ever have: what is meant
 * is the head, unless that is not fetched. */
static int leave_merge(struct run *run, struct error *err)
{
	AUTO(commit_release) struct commit head = { 0 };
	const char *merge = run->commit.sha;
	AUTOFREE char *sha = NULL;

	if (ci_pull_request_head(merge, &sha, err))
		return -1;
	if (!sha)
		return 0;
	if (commit_resolve(run->repo, sha, &head, err)) {
		if (error_is(err, ERROR_MEMORY))
			return -1;
		error_clear(err);
		event_warning(run->sink,
			      "%.7s is a merge that CI made of a pull request, no branch will ever "
			      "have it; its head %.7s is not here: git fetch origin %s",
			      merge, sha, sha);
		return 0;
	}
	event_notice(run->sink,
		     "the head %.7s of the pull request is meant, not %.7s, the merge that CI made "
		     "of it (--commit HEAD means that)",
		     sha, merge);
	commit_release(&run->commit);
	run->commit = head;
	head = (struct commit){ 0 };
	return 0;
}

static int choose_commit(struct run *run, struct error *err)
{
	const char *revision = run->options.revision;

	if (commit_resolve(run->repo, revision ? revision : "HEAD", &run->commit, err))
		return -1;
	return revision || run->options.uses_worktree ? 0 : leave_merge(run, err);
}

/* The user's state folder; without a home, beside the repository's objects. */
static int find_state_folder(struct run *run, struct error *err)
{
	run->state_folder = host_state_folder(err);
	if (run->state_folder)
		return 0;
	error_clear(err);
	run->state_folder = path_join(repo_common_folder(run->repo), "git-image", err);
	return run->state_folder ? 0 : -1;
}

int run_open(const struct run_options *options, struct event_sink *sink, struct run *ret_run,
	     struct error *err)
{
	struct run run = { .options = *options, .sink = sink, .alive_fd = -1 };

	if (repo_open(options->folder, &run.repo, err))
		return -1;
	process_scrub_environment();
	run.past = past_new(err);
	run.silence = run.past ? silence_new(err) : NULL;
	if (!run.silence || find_state_folder(&run, err) || choose_commit(&run, err)) {
		run_close(&run);
		return -1;
	}
	run.id = host_random_id();
	run.host = host_machine_id();
	run.boot = host_boot_id();
	*ret_run = run;
	return 0;
}

int run_fork(const struct run *run, struct run *ret_fork, struct error *err)
{
	struct run fork = *run;

	fork.is_fork = true;
	fork.engine = fork.trial_engine = NULL;
	fork.alive_fd = -1;
	fork.records = (struct record_list){ 0 };
	fork.records_tip = NULL;
	if (run->engine)
		fork.options.engine = run->engine->info.url;
	if (repo_open_again(run->repo, &fork.repo, err))
		return -1;
	*ret_fork = fork;
	return 0;
}

static char *alive_path(const struct run *run, const char *id, struct error *err)
{
	return str_format(err, "%s/runs/%s", run->state_folder, id);
}

void run_close(struct run *run)
{
	struct error ignored = { 0 };

	if (run->engine)
		run->engine->ops->close(run->engine);
	if (run->trial_engine)
		run->trial_engine->ops->close(run->trial_engine);
	if (run->alive_fd >= 0 && run->state_folder) {
		AUTOFREE char *path = alive_path(run, run->id.text, &ignored);

		if (path)
			unlink(path);
		close(run->alive_fd);
	}
	record_list_release(&run->records);
	free(run->records_tip);
	if (!run->is_fork) {
		seal_release(&run->seal);
		free(run->state_folder);
		past_free(run->past);
		silence_free(run->silence);
		commit_release(&run->commit);
	}
	repo_free(run->repo);
	*run = (struct run){ .alive_fd = -1 };
}

int run_engine(struct run *run, struct error *err)
{
	return run->engine ? 0 : engine_open(run->options.engine, run->sink, &run->engine, err);
}

int run_engine_if_any(struct run *run, struct error *err)
{
	if (!run_engine(run, err))
		return 0;
	if (!error_is(err, ERROR_UNREACHABLE))
		return -1;
	error_clear(err);
	return 0;
}

int run_trial_engine(struct run *run, struct engine **ret_engine, struct error *err)
{
	const char *url = run->options.trial_engine;

	if (run_has_containers(run)) {
		*ret_engine = run->engine;
		return 0;
	}
	if (!url) {
		error_set(err, ERROR_INPUT, "a BuildKit daemon runs no containers");
		return error_hint(err, "image.trialEngine names an engine that tries its images");
	}
	if (!run->trial_engine &&
	    (engine_open(url, run->sink, &run->trial_engine, err) ||
	     (!run->options.is_dry_run && strays_sweep(run, run->trial_engine, err))))
		return error_wrap(err, "image.trialEngine");
	if (run->trial_engine->info.kind == ENGINE_BUILDKIT)
		return error_set(err, ERROR_INPUT,
				 "image.trialEngine: %s runs no containers either", url);
	*ret_engine = run->trial_engine;
	return 0;
}

/* A file whose lock can be had belongs to a run that is dead. */
static void remove_dead_files(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		AUTOCLOSE int fd = -1;

		if (entry->d_name[0] == '.')
			continue;
		fd = openat(dirfd(dir), entry->d_name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
		if (fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB))
			unlinkat(dirfd(dir), entry->d_name, 0);
	}
	closedir(dir);
}

/* One at a time: between the making of a file and its lock it looks dead, and who looks at
 * it then keeps it from being locked. */
static int take_turn(const struct run *run, int *ret_fd, struct error *err)
{
	AUTOFREE char *locks = path_join(run->state_folder, "locks", err);
	AUTOFREE char *turn = path_join(run->state_folder, "locks/runs", err);

	if (!locks || !turn || path_make_folders(locks, 0700, err))
		return -1;
	return host_lock(turn, TURN_WAIT_MS, ret_fd, err);
}

static int announce(struct run *run, struct error *err)
{
	AUTOFREE char *folder = path_join(run->state_folder, "runs", err);
	AUTOFREE char *path = alive_path(run, run->id.text, err);
	AUTOCLOSE int turn_fd = -1;

	if (!folder || !path || path_make_folders(folder, 0700, err) ||
	    take_turn(run, &turn_fd, err))
		return -1;
	remove_dead_files(folder);
	return host_lock(path, 0, &run->alive_fd, err);
}

/* Only who shares the state folder can see whose run is alive: to all others,
 * as with another HOME, we are another host, whose deadline counts. */
static void bind_host(struct run *run)
{
	struct seal_text seal = seal_make(&run->seal, slice_of(run->host.text));

	snprintf(run->host.text, sizeof(run->host.text), "%.32s", seal.text);
}

int run_read_seal(struct run *run, struct error *err)
{
	free(TAKE(run->records_tip));
	if (!seal_open(run->state_folder, SEAL_READ, &run->seal, err))
		return 0;
	if (!error_is(err, ERROR_NOT_FOUND))
		return -1;
	error_clear(err);
	return 0;
}

int run_begin(struct run *run, struct error *err)
{
	if (run->alive_fd >= 0 || run->is_fork)
		return 0;
	if (run->options.is_dry_run)
		return run_read_seal(run, err);
	free(TAKE(run->records_tip));
	if (announce(run, err) || seal_open(run->state_folder, SEAL_MAKE, &run->seal, err))
		return error_hint(err, "XDG_STATE_HOME may name another folder for state");
	bind_host(run);
	return run_engine(run, err) ? -1 : strays_sweep(run, run->engine, err);
}

int run_records(struct run *run, const struct record_list **ret_list, struct error *err)
{
	AUTO(record_list_release) struct record_list list = { 0 };
	char tip[41];

	if (notes_tip(run->repo, RECORD_REF, tip, err))
		return -1;
	if (!str_equal(run->records_tip, tip)) {
		if (record_read(run->repo, &run->seal, run->commit.sha, &list, err) ||
		    str_replace(&run->records_tip, tip, err))
			return -1;
		record_list_release(&run->records);
		run->records = list;
		list = (struct record_list){ 0 };
	}
	*ret_list = &run->records;
	return 0;
}

bool run_is_alive(const struct run *run, const char *id)
{
	struct error ignored = { 0 };
	AUTOFREE char *path = NULL;
	AUTOCLOSE int fd = -1;

	if (!strcmp(id, run->id.text))
		return true;
	path = str_is_hex(id, strlen(run->id.text)) ? alive_path(run, id, &ignored) : NULL;
	if (!path)
		return false;
	/* Shared, so that who looks at the same time does not look like it. */
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
}

void run_hold(const struct run *run, const char *id)
{
	struct error ignored = { 0 };
	AUTOFREE char *path = alive_path(run, run->id.text, &ignored);
	AUTOFREE char *line = str_format(&ignored, "%s\n", id);
	AUTOCLOSE int fd = -1;

	if (path)
		fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0 && line && path_write_all(fd, slice_of(line)))
		return;
}

/* IDs are all of one length. */
static bool is_held_by(const struct run *run, const char *run_id, const char *id)
{
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_HELD);
	struct error ignored = { 0 };
	AUTOFREE char *path = alive_path(run, run_id, &ignored);

	if (!path || !run_is_alive(run, run_id))
		return !path;
	if (path_read(path, &text, &ignored))
		return !error_is(&ignored, ERROR_NOT_FOUND);
	return strstr(text.data, id);
}

bool run_is_held(const struct run *run, const char *id)
{
	struct error ignored = { 0 };
	AUTOFREE char *folder = path_join(run->state_folder, "runs", &ignored);
	AUTOCLOSE int turn_fd = -1;
	struct dirent *entry;
	bool is_held = false;
	DIR *dir;

	if (!folder || take_turn(run, &turn_fd, &ignored))
		return true;
	dir = opendir(folder);
	if (!dir)
		return errno != ENOENT;
	while (!is_held && (entry = readdir(dir)))
		is_held = entry->d_name[0] != '.' && is_held_by(run, entry->d_name, id);
	closedir(dir);
	return is_held;
}

int run_lock(struct run *run, const char *repository, int *ret_fd, struct error *err)
{
	AUTOFREE char *path = NULL;
	struct digest_text name;

	if (digest_of(slice_of(repository), &name, err))
		return -1;
	path = str_format(err, "%s/locks/%.16s", run->state_folder, name.text + strlen("sha256:"));
	if (!path)
		return -1;
	if (!host_lock(path, LOCK_NOTICE_MS, ret_fd, err))
		return 0;
	if (!error_is(err, ERROR_CONFLICT))
		return -1;
	event_notice(run->sink, "another run works on '%s': waiting for it", repository);
	error_clear(err);
	return host_lock(path, LOCK_WAIT_MS, ret_fd, err);
}
