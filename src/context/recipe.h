/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The Dockerfile and the .dockerignore of a context, and how both travel in
 * its tar. "PATH.dockerignore" beside the Dockerfile goes before .dockerignore
 * in the context's folder.
 *
 * A Dockerfile outside of the context, or one that .dockerignore drops, has to
 * travel with the files without being one of them: dockerd and Podman read
 * .dockerignore in the tar and hide what it names. So it travels as
 * ".dockerfile." and 16 digits of a hash (or, at the context's root, under its
 * own name), and the tar's .dockerignore has lines that name it and, if the
 * context has no such file, itself. And where "PATH.dockerignore" decides, the
 * context's own .dockerignore is only one of its files: "!**" at its end keeps
 * engines from obeying it.
 */
#include "base/buf.h"
#include "context/dockerfile.h"
#include "context/dockerignore.h"
#include "context/source.h"

#define RECIPE_IGNORE_FILE ".dockerignore"

struct recipe {
	struct dockerfile dockerfile;
	struct buf text;	     /* of the Dockerfile */
	char *path;		     /* of the Dockerfile, from the repository's root */
	struct dockerignore *ignore; /* NULL: none */
	struct buf rules;	     /* the text that `ignore` was made of */
	char *name;		     /* of the Dockerfile in the tar */
	bool is_added;		     /* under that name, before the files */
	struct buf ignore_text;	     /* of .dockerignore in the tar, if that is ours */
	bool has_ignore_text;
};

/* `folder` is "" or clean; `path` the Dockerfile's, clean, from the
 * repository's root. A missing one is ERROR_NOT_FOUND. */
int recipe_load(struct recipe *recipe, struct source *source, const char *folder, const char *path,
		struct error *err) CHECK;
void recipe_release(struct recipe *recipe);
