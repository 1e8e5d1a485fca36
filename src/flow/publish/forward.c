/* SPDX-License-Identifier: MIT */
#include "flow/publish/forward.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/redact.h"
#include "base/str.h"
#include "base/time.h"
#include "flow/publish/publish-tag.h"

#define CONFIRM_MS     250
#define CONFIRM_FACTOR 10
/* How often the tag may change between our look and our write. */
#define ATTEMPTS 5
/* How often a later look may find an older commit there. */
#define REPAIRS 3

/* 1 if our commit is on the branch of that full name, 0 if not, or no such branch. */
static int is_on_branch(const struct job *job, const char *folder, struct error *err)
{
	AUTOFREE char *name = str_format(err, "%s/%s", folder, job->settings->deploy);
	AUTO(commit_release) struct commit tip = { 0 };
	enum commit_relation relation;

	if (!name)
		return -1;
	if (commit_resolve(job->run->repo, name, &tip, err)) {
		if (error_is(err, ERROR_MEMORY))
			return -1;
		error_clear(err);
		return 0;
	}
	if (commit_relate(job->run->repo, job->run->commit.sha, tip.sha, &relation, err))
		return -1;
	return relation == COMMIT_SAME || relation == COMMIT_DESCENDANT;
}

/* Says that the tag stays. */
PRINTF(4, 5)
static void say(struct job *job, const struct moving_tag *moving, enum latest_outcome outcome,
		const char *format, ...)
{
	bool is_doubtful = outcome == LATEST_UNDETERMINED;
	char text[LIMIT_ERROR_MESSAGE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	redact_text(text);
	event_emit(job->run->sink, &(struct event){
					   .type = is_doubtful ? EVENT_WARNING : EVENT_NOTICE,
					   .step = "publish",
					   .image = job->name,
					   .subject = moving->reference,
					   .detail = latest_outcome_name(outcome),
					   .text = slice_of(text),
				   });
}

int forward_is_deployed(const struct job *job, struct error *err)
{
	static const char *const folders[] = { "refs/heads", "refs/remotes/origin" };
	int status = !job->settings->deploy;

	for (size_t i = 0; i < ARRAY_SIZE(folders) && !status; i++)
		status = is_on_branch(job, folders[i], err);
	return status;
}

static int judge_branch(struct job *job, const struct moving_tag *moving,
			enum latest_outcome *outcome, struct error *err)
{
	int status = moving->tag ? 1 : forward_is_deployed(job, err);

	if (status)
		return status < 0 ? -1 : 0;
	*outcome = LATEST_OTHER_BRANCH;
	say(job, moving, *outcome,
	    "'%s' stays: %.7s is not on branch '%s' (image.deploy; --move-latest moves it)",
	    moving->reference, job->run->commit.sha, job->settings->deploy);
	return 0;
}

static int relate(const struct job *job, const struct moving_tag *moving, const char *held_sha,
		  enum commit_relation *ret_relation, struct error *err)
{
	*ret_relation = COMMIT_UNKNOWN;
	if (!held_sha[0])
		return 0;
	if (moving->tag)
		return tag_relate(job, moving->tag, held_sha, ret_relation, err);
	return commit_relate(job->run->repo, job->run->commit.sha, held_sha, ret_relation, err);
}

static int judge_relation(struct job *job, const struct moving_tag *moving, const char *held_sha,
			  enum latest_outcome *outcome, struct error *err)
{
	enum commit_relation relation;
	const char *why;

	if (relate(job, moving, held_sha, &relation, err))
		return -1;
	switch (relation) {
	case COMMIT_SAME:
	case COMMIT_ANCESTOR:
		return 0;
	case COMMIT_DESCENDANT:
		*outcome = LATEST_SUPERSEDED;
		say(job, moving, *outcome, "superseded: '%s' holds the later commit %.7s and stays",
		    moving->reference, held_sha);
		return 0;
	case COMMIT_DIVERGED:
		why = "is on another line of history";
		break;
	case COMMIT_UNRELATED:
		why = "is of an unrelated history";
		break;
	default:
		why = held_sha[0] ? "is not known here ('git fetch --unshallow' in a shallow "
				    "clone, else 'git fetch', may bring it)"
				  : "does not say of which commit it is";
	}
	*outcome = LATEST_UNDETERMINED;
	say(job, moving, *outcome, "'%s' stays: what it holds (%.7s) %s; --move-latest moves it",
	    moving->reference, held_sha[0] ? held_sha : "?", why);
	return 0;
}

int forward_judge(struct job *job, const struct moving_tag *moving,
		  const struct registry_image *held, enum latest_outcome *ret, struct error *err)
{
	enum latest_outcome outcome = LATEST_MOVED;

	if (!job->run->options.moves_latest) {
		if (judge_branch(job, moving, &outcome, err))
			return -1;
		if (outcome == LATEST_MOVED && held &&
		    judge_relation(job, moving,
				   held->commit.is_contradicted ? "" : held->commit.sha, &outcome,
				   err))
			return -1;
	}
	*ret = outcome;
	return 0;
}

/* The registry has answered, but with nothing that is an image to us. Once we have
 * written, what makes no sense is no sign that anything else is there. */
static bool is_unreadable(const struct moving_tag *moving, const struct error *err)
{
	if (err->http_status)
		return false;
	return error_is(err, ERROR_NOT_FOUND) ||
	       (error_is(err, ERROR_PROTOCOL) && !moving->confirm_at_ms);
}

/* Two may publish builds of one commit at once: it is that which :<sha7> holds in the
 * end that goes under the others. */
static int judge_build(const struct publication *publication, struct moving_tag *moving,
		       const struct registry_image *held, struct error *err)
{
	struct job *job = publication->job;
	struct registry_digest now = { "" };

	if (strcmp(held->commit.sha, job->run->commit.sha) != 0)
		return 0;
	if (registry_exists(publication->registry, publication->tag, &now, err) == REGISTRY_UNKNOWN)
		return -1;
	if (!now.text[0] || !strcmp(now.text, publication->manifest.digest.text))
		return 0;
	moving->outcome = LATEST_SUPERSEDED;
	say(job, moving, moving->outcome,
	    "superseded: '%s' holds another build of this commit, which took '%s' meanwhile, "
	    "and stays",
	    moving->reference, publication->name);
	return 0;
}

/* Reads the tag and judges it; `ret_digest` is what was judged, "" if absent. */
static int look(const struct publication *publication, struct moving_tag *moving,
		struct registry_digest *ret_digest, struct error *err)
{
	AUTO(registry_image_release) struct registry_image held = REGISTRY_IMAGE_INIT;
	struct job *job = publication->job;
	int status = registry_read_image(publication->registry, moving->name,
					 job->settings->sha_env, &held, err);

	if (status < 0) {
		if (!is_unreadable(moving, err))
			return -1;
		moving->outcome = LATEST_UNDETERMINED;
		say(job, moving, moving->outcome, "%s: it stays; --move-latest moves it",
		    err->message);
		error_clear(err);
		return 0;
	}
	*ret_digest = held.manifest.digest;
	if (status && !strcmp(held.manifest.digest.text, publication->manifest.digest.text)) {
		moving->outcome = LATEST_ALREADY;
		return 0;
	}
	if (forward_judge(job, moving, status ? &held : NULL, &moving->outcome, err))
		return -1;
	return status && moving->outcome == LATEST_MOVED
		       ? judge_build(publication, moving, &held, err)
		       : 0;
}

/* The same with --move-latest, where it does not matter what the tag holds. */
static int look_only(const struct publication *publication, struct moving_tag *moving,
		     struct registry_digest *ret_digest, struct error *err)
{
	*ret_digest = (struct registry_digest){ "" };
	if (registry_exists(publication->registry, moving->name, ret_digest, err) ==
	    REGISTRY_UNKNOWN)
		return -1;
	moving->outcome = strcmp(ret_digest->text, publication->manifest.digest.text)
				  ? LATEST_MOVED
				  : LATEST_ALREADY;
	return 0;
}

static int judge(const struct publication *publication, struct moving_tag *moving,
		 struct registry_digest *ret_digest, struct error *err)
{
	return publication->job->run->options.moves_latest
		       ? look_only(publication, moving, ret_digest, err)
		       : look(publication, moving, ret_digest, err);
}

/* Does the tag still hold what was judged? One HEAD. */
static int is_unchanged(const struct publication *publication, const struct moving_tag *moving,
			const struct registry_digest *judged, struct error *err)
{
	struct registry_digest now = { "" };
	int status = registry_exists(publication->registry, moving->name, &now, err);

	if (status < 0)
		return -1;
	return !strcmp(now.text, judged->text);
}

static int write_tag(const struct publication *publication, struct moving_tag *moving,
		     const struct registry_digest *held, struct error *err)
{
	int64_t begin = time_monotonic_ms(), took;

	if (registry_put_manifest(publication->registry, moving->name, &publication->manifest, err))
		return publish_explain_refusal(moving->reference, held, err);
	took = (time_monotonic_ms() - begin) * CONFIRM_FACTOR;
	moving->confirm_at_ms = time_monotonic_ms() + (took > CONFIRM_MS ? took : CONFIRM_MS);
	return 0;
}

static int move(const struct publication *publication, struct moving_tag *moving, struct error *err)
{
	struct registry_digest judged;

	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		int unchanged;

		if (judge(publication, moving, &judged, err))
			return -1;
		if (moving->outcome != LATEST_MOVED)
			return 0;
		unchanged = is_unchanged(publication, moving, &judged, err);
		if (unchanged < 0)
			return -1;
		if (unchanged)
			return write_tag(publication, moving, &judged, err);
	}
	return error_set(err, ERROR_CONFLICT, "'%s' changed %d times while we looked",
			 moving->reference, ATTEMPTS);
}

/* Right after the write, and once more later: 0 if the tag is ours or stays another's,
 * 1 if ours belongs there in place of `ret_held`. */
static int read_after(const struct publication *publication, struct moving_tag *moving,
		      struct registry_digest *ret_held, struct error *err)
{
	if (judge(publication, moving, ret_held, err))
		return -1;
	if (moving->outcome == LATEST_MOVED)
		return 1;
	if (moving->outcome == LATEST_ALREADY)
		moving->outcome = LATEST_MOVED;
	return 0;
}

static int repair(const struct publication *publication, struct moving_tag *moving,
		  const struct registry_digest *held, struct error *err)
{
	struct event_sink *sink = publication->job->run->sink;

	if (held->text[0])
		event_notice(sink, "'%s' was set to %.19s meanwhile: set again", moving->reference,
			     held->text);
	else
		event_notice(sink, "'%s' was removed meanwhile: set again", moving->reference);
	return write_tag(publication, moving, held, err);
}

static int move_and_look(const struct publication *publication, struct moving_tag *moving,
			 struct error *err)
{
	struct registry_digest held;
	int status;

	if (move(publication, moving, err))
		return -1;
	if (!moving->confirm_at_ms)
		return 0;
	status = read_after(publication, moving, &held, err);
	if (status < 0)
		return error_wrap(err, "'%s' is written, but not confirmed", moving->reference);
	if (status > 0)
		status = repair(publication, moving, &held, err);
	if (moving->outcome != LATEST_MOVED)
		moving->confirm_at_ms = 0; /* a later commit came: said already */
	return status;
}

int forward_move(struct publication *publication, struct error *err)
{
	for (size_t i = 0; i < publication->moving_len; i++)
		if (move_and_look(publication, &publication->moving[i], err))
			return -1;
	return 0;
}

static int await(const struct publication *publication, int64_t until_ms, struct error *err)
{
	if (publication->wait)
		return publication->wait(publication->wait_arg, err);
	for (;;) {
		int64_t left = until_ms - time_monotonic_ms();

		if (left <= 0)
			return 0;
		if (interrupt_check(err))
			return -1;
		usleep((useconds_t)(left > 50 ? 50 : left) * 1000);
	}
}

/* After each write comes a wait and a look, also after that of a repair. Two who
 * both insist would go on for ever. */
static int confirm(const struct publication *publication, struct moving_tag *moving,
		   struct error *err)
{
	struct registry_digest held;

	for (int repairs = publication->job->run->options.moves_latest ? 1 : REPAIRS;; repairs--) {
		int status = await(publication, moving->confirm_at_ms, err);

		if (!status)
			status = read_after(publication, moving, &held, err);
		if (status <= 0)
			return status;
		if (!repairs)
			break;
		if (repair(publication, moving, &held, err))
			return -1;
	}
	error_set(err, ERROR_CONFLICT, "after each write it holds %.19s",
		  held.text[0] ? held.text : "nothing");
	return error_hint(err, "if nobody else sets it the registry drops what it has taken; "
			       "'git image publish' tries again");
}

int forward_confirm(struct publication *publication, struct error *err)
{
	for (size_t i = 0; i < publication->moving_len; i++) {
		struct moving_tag *moving = &publication->moving[i];

		if (moving->confirm_at_ms && confirm(publication, moving, err))
			return error_wrap(err, "'%s' is published, '%s' is not confirmed",
					  publication->name, moving->reference);
	}
	return 0;
}
