/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The configuration: which keys there are, who may set them, and what holds
 * for one image once every source has spoken. A constant table describes each
 * key once, for the checks here and for the man page. A `struct configuration`
 * holds only entries that passed every check, so that nothing of a hostile
 * tree is looked at twice.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/event.h"
#include "base/str.h"
#include "context/selection.h"
#include "registry/registry.h"

/* Later wins. */
enum settings_source {
	SETTINGS_TREE,	      /* .gitimage of the commit: anybody's text */
	SETTINGS_USER,	      /* the user's own git configuration */
	SETTINGS_ENVIRONMENT, /* GIT_IMAGE_... */
	SETTINGS_OPTION,      /* the command line */
	SETTINGS_SOURCE_COUNT,
};

enum prune_when { PRUNE_AUTO /* after, never on CI */, PRUNE_AFTER, PRUNE_BEFORE, PRUNE_NEVER };
enum builder_kind { BUILDER_AUTO, BUILDER_BUILDKIT, BUILDER_CLASSIC };
enum frontend_kind { FRONTEND_AUTO, FRONTEND_BUILTIN };
enum submodule_rule { SUBMODULES_ERROR, SUBMODULES_EMPTY };
enum lfs_rule { LFS_ERROR, LFS_KEEP };
enum trust_rule { TRUST_OWN, TRUST_ALL };
enum retest_rule { RETEST_ALWAYS, RETEST_CONTENT, RETEST_NEVER };
enum publish_way { PUBLISH_AUTO, PUBLISH_ENGINE, PUBLISH_DIRECT };
/* May an image that is ensured be pulled, and may it be pushed? */
enum ensure_policy { ENSURE_ALL, ENSURE_PULL_ONLY, ENSURE_PUSH_ONLY, ENSURE_NONE };
enum layer_compression { LAYER_GZIP, LAYER_ZSTD }; /* of layers that we compress */

/* A command inside a container; none if `text` is NULL. */
struct settings_command {
	char *text;	  /* as it was written */
	struct strv argv; /* what to execute */
	bool uses_shell;  /* argv is /bin/sh -c text */
	bool ends; /* image.ready: the container runs it, or without argv its own, to the end */
};

/* What holds for one image. Text that is not set is NULL. */
struct settings {
	char *registry;
	char *repository;
	char *deploy;
	char *context;	  /* clean path in the commit, "." is its root */
	char *dockerfile; /* the same; NULL: Dockerfile in the context */
	char *target;
	struct strv folders;	/* patterns of clean paths: each such folder is an image */
	char *like;		/* the image whose settings this one takes over */
	struct strv parents;	/* names of images */
	char *base;		/* of the stage `variant_stage`; NULL: as the Dockerfile says */
	char *variant_stage;	/* name or number; NULL: the first */
	struct selection files; /* of the context */
	struct strv platforms;	/* none: the engine's own */
	struct strv untested_platforms;
	struct strmap build_args;
	struct strmap unhashed_build_args; /* not in the content key */
	struct strmap metadata;		   /* in the content key alone */
	int64_t interval_ms;		   /* of the content key; 0: none */
	int64_t base_ttl_ms;
	struct strmap labels;
	struct settings_command ready; /* what followed "exec:" or "exit:" */
	int64_t build_timeout_ms;      /* 0: none */
	int64_t ready_timeout_ms;
	struct settings_command test;
	int64_t test_timeout_ms;
	int retest; /* enum retest_rule */
	char *trusted_branch;
	char *report; /* clean absolute path in the container */
	char *report_folder;
	int64_t sha_length;
	char *sha_env;
	char *tag_prefix;
	char *to;	  /* as registry_check_target() takes it; NULL: the registry */
	struct strv tags; /* templates that tag_template_check() takes */
	char *version;	  /* a moving tag, and the begin of the content tag */
	char *digest;	  /* "sha256:...": the image is that one and never built */
	int prune;	  /* enum prune_when */
	int64_t keep;
	int builder;		/* enum builder_kind */
	int frontend;		/* enum frontend_kind */
	struct strmap secrets;	/* ID: "env:NAME", "file:PATH"; "": nothing answers it */
	struct strmap ssh;	/* ID: path of a socket; "": that of SSH_AUTH_SOCK */
	struct strv cache_from; /* as cache_parse() takes them */
	struct strv cache_to;
	int submodules; /* enum submodule_rule */
	int lfs;	/* enum lfs_rule */
	char *engine;
	char *trial_engine;
	int64_t jobs;		/* images at once; 0: as crew_size() has it */
	int trust;		/* enum trust_rule */
	int publish;		/* enum publish_way */
	int compression;	/* enum layer_compression */
	int ensure;		/* enum ensure_policy */
	struct strv plain_http; /* "HOST[:PORT]" */
	struct strv token_servers;
	struct strv indexes; /* as index_check() takes them */
};

enum setting_type {
	SETTING_TEXT,
	SETTING_REGISTRY,   /* what a repository's name may begin with */
	SETTING_REPOSITORY, /* a name without tag and digest */
	SETTING_PLATFORMS,  /* struct strv: a place's list replaces an earlier one's */
	SETTING_INT,
	SETTING_DURATION, /* int64_t milliseconds */
	SETTING_CHOICE,	  /* int, the index in `choices` */
	SETTING_PAIRS,	  /* struct strmap: NAME=VALUE, one more each time */
	SETTING_COMMAND,
	SETTING_READY,		/* "exec:" or "exit:" and a command, or "exit" */
	SETTING_TREE_PATH,	/* stays below the root of the commit */
	SETTING_CONTAINER_PATH, /* absolute */
	SETTING_VARIABLE,	/* a name for an environment variable */
	SETTING_SECRET,		/* struct strmap; the tree may write an ID alone */
	SETTING_SSH,		/* struct strmap, one more each time */
	SETTING_CACHE_FROM,	/* struct strv, one more each time */
	SETTING_CACHE_TO,
	SETTING_TAG, /* struct strv, one more each time */
	SETTING_TAG_PREFIX,
	SETTING_TARGET,
	SETTING_BASE,
	SETTING_FILES, /* struct selection: a place's paths replace an earlier one's */
	SETTING_VERSION,
	SETTING_DIGEST,
	SETTING_HOSTS,	 /* struct strv of HOST[:PORT], one more each time */
	SETTING_NAMES,	 /* struct strv of names of images, one more each time */
	SETTING_FOLDERS, /* struct strv of patterns of folders, one more each time */
	SETTING_INDEX,	 /* struct strv, one more each time */
};

struct setting_spec {
	const char *name;
	enum setting_type type;
	size_t offset;		    /* in struct settings */
	const char *argument;	    /* "HOST[/PATH]" */
	const char *preset;	    /* the default, as one would write it; NULL: none */
	const char *const *choices; /* SETTING_CHOICE: NULL-terminated */
	int64_t min, max;	    /* SETTING_INT */
	bool may_tree_set;
	bool is_common; /* one for all images: stands in [image] only */
	bool is_single; /* of one image: stands in [image "NAME"] only */
	bool is_own;	/* image.NAME.like does not take it over */
	const char *help;
};

/* One line of a source. */
struct setting_entry {
	enum settings_source source;
	const char *subsection; /* the image; NULL: all */
	const char *key;	/* in any case */
	const char *value;	/* NULL: a key without "=" */
	const char *where;	/* ".gitimage:3", "--keep"; NULL: git's configuration */
	bool has_unquoted_comment;
};

/* The table; `ret_count` keys in the order in which they are explained. */
const struct setting_spec *setting_specs(size_t *ret_count);
/* NULL if there is none; git's keys have no case. */
const struct setting_spec *setting_find(const char *key);
/* The environment's name for it: "GIT_IMAGE_READY_TIMEOUT". `buf` holds it. */
const char *setting_environment(const struct setting_spec *spec, struct buf *buf);

struct configuration {
	struct setting_stored *entries;
	size_t len;
	struct strv images;    /* of the tree's sections, in order */
	struct strmap folders; /* image to folder: folders_find() */
	struct strmap answers; /* imageSecret.ID.from: ID to "env:NAME" or "file:PATH" */
};

void configuration_release(struct configuration *configuration);
/* Checks an entry wholly and keeps it. An unknown key is a warning and the
 * end of it. What the tree may not set, a bad value, an image whose name is
 * none for a repository, or a comment that cuts a command is ERROR_INPUT
 * (ERROR_USAGE for an option) with the mend. */
int configuration_add(struct configuration *configuration, const struct setting_entry *entry,
		      struct event_sink *sink, struct error *err) CHECK;
/* An image of the tree, whatever its section says. A name that is none for a
 * repository is ERROR_INPUT; `where` is ".gitimage:3". */
int configuration_add_image(struct configuration *configuration, const char *name,
			    const char *where, struct error *err) CHECK;
/* Checks and keeps imageSecret.ID.from: the subsection is the ID. Of the tree it is
 * ERROR_INPUT. A value that is no source is not shown: it may be the secret. */
int configuration_add_answer(struct configuration *configuration, const struct setting_entry *entry,
			     struct event_sink *sink, struct error *err) CHECK;
/* From now on no program that we start sees a variable that answers a secret. */
int configuration_hide_secrets(const struct configuration *configuration, struct error *err) CHECK;
/* Adds every GIT_IMAGE_... variable that is set and not empty; keys of one image have none. An
 * unknown one is a warning. */
int configuration_add_environment(struct configuration *configuration, struct event_sink *sink,
				  struct error *err) CHECK;
/* Names of images: the subsections of the tree, in order, and its folders; without any the
 * subsections of the user. */
int configuration_images(const struct configuration *configuration, struct strv *ret_images,
			 struct error *err) CHECK;
/* After an error that names an image which is none: which it may have been; always -1. */
int configuration_hint_image(const struct configuration *configuration, const char *name,
			     struct error *err);

/* What holds for `image` (NULL: the only one, without a section): the presets, then source
 * by source what stands for all images, for those that it is like, and for itself.
 * image.NAME.like that names none, or goes round, is ERROR_INPUT. */
int settings_resolve(const struct configuration *configuration, const char *image,
		     struct settings *ret_settings, struct error *err) CHECK;
/* The same, where what `files` says of the image is stronger than the tree's other
 * entries, and weaker than all else. */
int settings_resolve_with(const struct configuration *configuration,
			  const struct configuration *files, const char *image,
			  struct settings *ret_settings, struct error *err) CHECK;
void settings_release(struct settings *settings);
/* What they say about registries; borrows from them. */
struct registry_options settings_registry_options(const struct settings *settings,
						  struct event_sink *sink);
