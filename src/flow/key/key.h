/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The content key of an image, from all that goes into it. Bases count by digest: the
 * engine's, else the registry's. One that only this engine knows makes the key
 * "local:...", else it is "sha256:...".
 */
#include "context/content-key.h"
#include "flow/job.h"

struct job_key {
	struct content_key inputs;
	char *text;    /* NULL: some input cannot be known before the build */
	char *unknown; /* which one then, for people */
};

void job_key_release(struct job_key *key);

/* Of a commit's image; a work tree's has none. Reads no file but Dockerfile and
 * .dockerignore. A registry that does not answer makes the key unknown. Without an
 * engine (run_engine()) bases are asked of their registries alone. */
int job_key_find(struct job *job, struct job_key *ret_key, struct error *err) CHECK;
