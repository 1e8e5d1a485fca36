/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The content key of an image, from all that goes into it. Bases count by digest: the
 * engine's, else the registry's (flow/key/base.h); one that is an image of ours counts by its own
 * key. What "# syntax=" names counts like a base where a builder obeys that line. A base that
 * only this engine knows makes the key "local:...", else it is "sha256:...".
 */
#include "context/content-key.h"
#include "flow/job.h"

struct job_key {
	struct content_key inputs;
	char *text;	    /* NULL: some input cannot be known before the build */
	char *unknown;	    /* which one then, for people */
	bool is_local;	    /* it means nothing beyond this engine: never shared */
	bool is_remembered; /* a base's digest was not asked for now */
};

void job_key_release(struct job_key *key);

/* Of a commit's image; a work tree's has none. Reads no file but Dockerfile and
 * .dockerignore. A registry that does not answer makes the key unknown. Without an
 * engine (run_engine()) bases are asked of their registries alone. */
int job_key_find(struct job *job, struct job_key *ret_key, struct error *err) CHECK;

/* The inputs of all but the bases, without asking a registry; ->text is NULL. */
int job_key_find_own(struct job *job, struct job_key *ret_key, struct error *err) CHECK;
/* The same without the parents: what commit and configuration say of this image. */
int job_key_find_alone(struct job *job, struct job_key *ret_key, struct error *err) CHECK;

/* What job_key_find() finds into job->key and job->key_inputs, unless they are known. */
int job_key_keep(struct job *job, struct error *err) CHECK;
/* Before a build: asks for bases whose digest was only remembered. 1: the key has changed. */
int job_key_renew(struct job *job, struct error *err) CHECK;
/* Instead of them the key that job->image is labelled with: it is there, and what stands on it
 * counts what it was made of, not what it would be made of now. None: why_no_key. */
int job_key_take(struct job *job, struct error *err) CHECK;
/* Once the parents are there: finds the key again by theirs. 1: it has changed. */
int job_key_follow(struct job *job, struct error *err) CHECK;

/*
 * The inputs as the ledger notes them: "kind/name" ("files/", "base/alpine:3.20") to value. A
 * build argument, label or extra input may hold anything, so only a hash of it stands there,
 * under the seal's key: it can be compared to others of the same seal. Without a seal it is "".
 */
int key_note(const struct content_key *inputs, const struct seal *seal, struct strmap *ret_note,
	     struct error *err) CHECK;
/* Such a one: a build argument, label or extra input. */
bool key_may_be_private(enum key_kind kind);

enum key_place {
	KEY_FOUND_NOWHERE,
	KEY_FOUND_LOCAL,
	KEY_FOUND_REGISTRY, /* its config was read and checked, nothing is pulled yet */
};

struct key_found {
	enum key_place place;
	char *id;	 /* of the stamped image, which the engine has or will have */
	char *parent;	 /* local: what it was stamped from, if the engine tells; else NULL */
	char *reference; /* local: the name that it was found by; registry: repository@digest */
	char *why;	 /* for people: where it was found, or why nothing can be reused */
	/* Nothing was found though something was on record: it is gone, is not what it is said
	 * to be, or the registry does not answer. Then `why` is worth a notice. */
	bool is_disappointed;
};

void key_found_release(struct key_found *found);

/* Is that a stamped image of the job's key and repository? The stamp covers the key, so that
 * a label which was inherited proves nothing. */
bool key_is_of(const struct job *job, const struct engine_image *image);

/*
 * 1: it is, and git-image has made that very image: its ID is on a build's line of the ledger of
 * the commit in its SHA, or in the index of keys; 0; -1. The stamp does not cover the
 * configuration: "FROM app:1f2e3d4 / ENV DEBUG=1" adds no layer and inherits all the rest.
 */
int key_is_made_here(const struct job *job, const struct engine_image *image,
		     struct error *err) CHECK;

/*
 * Looks for a stamped image of the job's key, which is found first: in the engine under :latest,
 * the parent commit's tag, those that earlier runs left, and those of earlier commits, here or
 * on image.trustedBranch, that the ledger names; then in the registry under :<key16>, if
 * image.tag makes that, and by the digests that the ledger names. It has our stamp, that key
 * and our repository; in the engine it is made here, too. A registry that does not answer is no
 * error. After run_engine().
 */
int key_lookup(struct job *job, struct key_found *ret_found, struct error *err) CHECK;
