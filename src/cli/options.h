/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The command line. Constant tables describe every option once: the parser,
 * --help, the nearest word of an error, the man page and shell completion all
 * read them. Values are borrowed from argv and the environment.
 */
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"
#include "flow/config/settings.h"

enum option_type {
	OPTION_FLAG,   /* bool; --no-NAME (or NAME of no-NAME) sets it false */
	OPTION_COUNT,  /* int, one more each time */
	OPTION_TEXT,   /* const char * */
	OPTION_TEXTS,  /* struct strv, one more each time */
	OPTION_CHOICE, /* int, the index in `choices` */
	OPTION_KEY,    /* overrides the configuration key: goes to `overrides` */
};

struct option_spec {
	const char *name; /* without dashes; NULL: only short */
	char short_name;  /* 0: only long */
	enum option_type type;
	const char *argument;	    /* "REV"; NULL: takes none */
	const char *const *choices; /* OPTION_CHOICE: NULL-terminated */
	size_t offset;		    /* in struct options */
	const char *config_key;	    /* OPTION_KEY: its environment name follows from it */
	const char *negated;	    /* OPTION_KEY: the value that --no-NAME gives */
	const char *environment;    /* where the value comes from when not given; NULL: none */
	const char *help;	    /* one sentence, no full stop */
	bool is_hidden;
	bool ends_parsing; /* --help, --version: what follows does not count */
};

struct option_group {
	const char *title;
	const struct option_spec *options;
	size_t count;
};

/* The last value of a key that was given, or each of one that holds many. */
struct option_override {
	const struct option_spec *option;
	const char *value;
};

enum ensure_by { ENSURE_BY_COMMIT, ENSURE_BY_CONTENT };

enum progress { PROGRESS_AUTO, PROGRESS_TTY, PROGRESS_PLAIN };

struct options {
	const struct command_spec *command; /* NULL: --help or its like of the program itself */
	struct strv words;		    /* IMAGE... or what the command takes */
	struct strv folders;		    /* -C, in order, each relative to the one before */
	struct option_override *overrides;  /* in order of the command line */
	size_t override_count;

	const char *commit; /* NULL: HEAD, as run_open() has it */
	int progress;	    /* enum progress */
	int format;	    /* enum graph_format */
	int verbosity;
	bool is_quiet;
	bool is_json;
	bool is_dry_run;
	bool wants_help;
	bool wants_version;
	const char *introspect;

	bool uses_worktree;
	bool ignores_cache;
	bool pulls_bases;
	bool rebuilds;
	bool allows_untested;
	bool moves_latest;
	bool prints_environment;
	bool explains;
	bool sets_up_ledger;
	bool is_forced;
	int ensures_by;	       /* enum ensure_by */
	const char *image;     /* log: only this one; NULL: all */
	const char *since;     /* a revision; NULL: the whole history */
	const char *max_count; /* as it was written; NULL: all */
	const char *output;    /* context, save: a file, "-" for standard output */
	const char *username;
	bool reads_password; /* from standard input */
};

/* Reads the command line: argv[0] is not looked at. Errors are ERROR_USAGE and
 * name the word and the nearest one. `ret_options` is also valid, and to be
 * released, after an error: as far as it was read, so that --json is obeyed. */
int options_parse(int argc, char *const *argv, struct options *ret_options,
		  struct error *err) CHECK;
void options_release(struct options *options);
/* Adds the options that override a configuration key, as the strongest source. */
int options_apply(const struct options *options, struct configuration *configuration,
		  struct event_sink *sink, struct error *err) CHECK;

/* The option at `index` over all groups (NULL-terminated); NULL past the end. */
const struct option_spec *option_at(const struct option_group *const *groups, size_t index);
/* "--name", or "-n" of one that has only that; `buf` is emptied first. */
const char *option_display(const struct option_spec *option, struct buf *buf);
/* The word that turns the option off, without dashes: "no-pull", "cache" of
 * "no-cache"; NULL if there is none. `buf` holds it. */
const char *option_negation(const struct option_spec *option, struct buf *buf);
