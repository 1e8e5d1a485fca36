/* SPDX-License-Identifier: MIT */
#pragma once
/* Where the configuration comes from, and what it makes images be called. */
#include "flow/config/settings.h"
#include "flow/run.h"

/* Reads .gitimage of the commit, the user's git configuration and the
 * environment, and finds the folders that are images; the command line is added by
 * who knows it. */
int configure_read(struct run *run, struct configuration *ret_configuration,
		   struct error *err) CHECK;

/* What holds without a commit, of a repository or outside of any: the user's
 * git configuration and the environment. */
int configure_user(struct event_sink *sink, struct settings *ret_settings, struct error *err) CHECK;
/* The same for a command line to be added. */
int configure_read_user(struct event_sink *sink, struct configuration *ret_configuration,
			struct error *err) CHECK;

struct image_name {
	char *name;
	char *repository;
};

/*
 * Name and repository of an image. Without a section (NULL) the name is the
 * path of the remote 'origin', or its last part if the registry already has a
 * namespace, else the folder's. The repository is `repository`, else the
 * registry and the name, else the name. A bad reference is ERROR_INPUT.
 */
int name_repository(struct git_repo *repo, const char *section, const struct settings *settings,
		    struct image_name *ret_name, struct error *err) CHECK;

/* What all images of a repository have in common: the path of the remote 'origin', else
 * the folder's name, as name_for_path() has it. No commit has a say in it. */
char *name_project(struct git_repo *repo, struct error *err) CHECK;
/* For a path and a tag: between slashes [a-z0-9] with single '.', '_' or '-' inside. */
char *name_for_path(const char *name, struct error *err) CHECK;
