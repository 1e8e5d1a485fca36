/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What a work tree says of its images before anybody has configured any: where its
 * Dockerfiles are, what may test them, where they may go. Only names are looked at.
 */
#include "base/buf.h"
#include "base/str.h"
#include "git/repository.h"

struct survey {
	struct strv dockerfiles; /* paths, in git's order, each called Dockerfile */
	struct strv tests;	 /* paths of what looks like a test of an image */
	struct strv names;	 /* of their images: "" for the only one, which has no section */
	char *folders;		 /* "docker/" and a star, if image.folder finds all; NULL: no */
	char *registry;		 /* of the forge that `origin` is at; NULL: not known */
	char *branch;		 /* that is deployed, by its name; NULL: not known */
};

void survey_release(struct survey *survey);
/* A bare repository is ERROR_INPUT. */
int survey_read(struct git_repo *repo, struct survey *ret_survey, struct error *err) CHECK;
/* The .gitimage to start with. */
void survey_write(const struct survey *survey, struct buf *text);
