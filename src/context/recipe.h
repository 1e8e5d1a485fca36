/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The Dockerfile and the .dockerignore of a context, and how both travel in
 * its tar. "PATH.dockerignore" beside the Dockerfile goes before .dockerignore
 * in the context's folder.
 *
 * A Dockerfile outside of the context, one that .dockerignore or the selection drops,
 * or one of which the builder is to read another text, has to travel with the files
 * without being one of them: dockerd and Podman read
 * .dockerignore in the tar and hide what it names. So it travels as
 * ".dockerfile." and 16 digits of a hash (or, at the context's root, under its
 * own name), and the tar's .dockerignore has lines that name it and, if the
 * context has no such file, itself. And where "PATH.dockerignore" decides, the
 * context's own .dockerignore is only one of its files: "!**" at its end keeps
 * engines from obeying it.
 */
#include "base/buf.h"
#include "codec/digest.h"
#include "context/bases.h"
#include "context/dockerfile.h"
#include "context/dockerignore.h"
#include "context/selection.h"
#include "context/source.h"

#define RECIPE_IGNORE_FILE ".dockerignore"

struct recipe_options {
	struct source *source;
	const char *folder;		   /* "" or clean */
	const char *path;		   /* the Dockerfile's, clean, from the repository's root */
	const struct selection *selection; /* outlives the recipe; NULL: all */
	const char *base;		   /* of the variant; NULL: none */
	const char *base_stage;		   /* NULL: the first */
};

struct recipe {
	struct dockerfile dockerfile; /* the variant's */
	struct digest_text digest;    /* of its text */
	struct buf text;	      /* of the Dockerfile, as the builder reads it */
	char *path;		      /* of the Dockerfile, from the repository's root */
	struct dockerignore *ignore;  /* NULL: none */
	struct buf rules;	      /* the text that `ignore` was made of */
	char *name;		      /* of the Dockerfile in the tar */
	bool is_added;		      /* under that name, before the files */
	struct buf ignore_text;	      /* of .dockerignore in the tar, if that is ours */
	bool has_ignore_text;

	/* What these were made of. */
	const struct selection *selection;
	const char *relative; /* `path` in the context; NULL: it is outside */
	char *reserved;	      /* a name that is nobody's own */
	bool is_changed;      /* the builder reads another text than the commit has */
	struct buf own;	      /* the context's own .dockerignore */
	bool has_own;
	bool is_special; /* not that one decides, but PATH.dockerignore */
};

/* A missing Dockerfile is ERROR_NOT_FOUND. */
int recipe_load(struct recipe *recipe, const struct recipe_options *options,
		struct error *err) CHECK;
/* The builder reads these instead of some bases (context/bases.h); the Dockerfile and
 * its digest stay. */
int recipe_replace_bases(struct recipe *recipe, const struct base_replacements *replacements,
			 struct error *err) CHECK;
void recipe_release(struct recipe *recipe);
