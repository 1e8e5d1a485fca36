/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A place of image.index, as index.c sees it: a folder (index-folder.c) or a repository
 * at a registry (index-oci.c), and the entries there (index-entry.c). Of flow/index* only.
 */
#include "flow/job.h"

#define INDEX_OCI "oci:"
/* A reference with tag and digest, and the end of its line. */
#define INDEX_LINE_INIT BUF_INIT(1 * KIB)

struct index_place;

struct index_place_ops {
	/* Until it is closed nobody else writes, where a place can do that. */
	int (*lock)(struct index_place *place, struct error *err);
	/* "latest", "hash/KEY", ...: 1 and its text, 0: there is none, -1. */
	int (*read)(struct index_place *place, const char *entry, struct buf *ret_text,
		    struct error *err);
	/* Replaces it whole. */
	int (*write)(struct index_place *place, const char *entry, const char *text,
		     struct error *err);
	void (*free)(struct index_place *place);
};

struct index_place {
	const struct index_place_ops *ops;
	const char *name; /* as the user wrote it */
};

void index_place_freep(struct index_place **place);

/* Who asks, and of what. */
struct index_question {
	const struct job *job;
	const char *image; /* "PROJECT/NAME" */
	bool is_patient;   /* with a registry that does not answer at once */
};

/* `name` outlives the place. */
int index_place_open(const struct index_question *question, const char *name,
		     struct index_place **ret_place, struct error *err) CHECK;
int index_open_folder(const struct index_question *question, const char *name,
		      struct index_place **ret_place, struct error *err) CHECK;
int index_open_oci(const struct index_question *question, const char *name,
		   struct index_place **ret_place, struct error *err) CHECK;

/* The tag of an entry in a repository: no name of an image and no entry has "..", which
 * stands for a slash. Of a long image its digest stands there. */
int index_tag(const char *image, const char *entry, struct buf *ret_tag, struct error *err) CHECK;

/* "PROJECT/NAME" of an image. */
char *index_image(const struct job *job, struct error *err) CHECK;
/* "hash/..." of a key "sha256:...". */
char *index_hash_entry(const char *key, struct error *err) CHECK;

/* What an entry names. */
struct index_entry {
	struct reference reference; /* of the image's own repository, with tag and digest */
	char sha[41];		    /* of the commit of its tag; "": that is not known here */
};

void index_entry_release(struct index_entry *entry);
/* 1; 0: there is none, or it makes no sense, or it is of another repository; -1. */
int index_entry_read(const struct job *job, struct index_place *place, const char *name,
		     struct index_entry *ret_entry, struct error *err) CHECK;
/* 1 if that commit is on image.trustedBranch, here or at the remote 'origin', else 0. */
int index_is_trusted(const struct job *job, const char *sha, struct error *err) CHECK;
/* Is it the place that fails, so that all else may go on? */
bool index_is_silence(const struct error *err);
