/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The commands: what they are called and take (commands.c), and the function
 * that is each (cmd_*.c, one a file). main picks the function by the id, so
 * that the tables can be used without the program behind them.
 */
#include <stdio.h>

#include "base/event.h"
#include "cli/options.h"

enum command_id {
	COMMAND_STATUS, /* the default */
	COMMAND_MAKE,
	COMMAND_RELEASE,
	COMMAND_BUILD,
	COMMAND_TEST,
	COMMAND_PRUNE,
	COMMAND_PUBLISH,
	COMMAND_EXISTS,
	COMMAND_RESOLVE,
	COMMAND_ENSURE,
	COMMAND_REF,
	COMMAND_KEY,
	COMMAND_CONTEXT,
	COMMAND_WHY,
	COMMAND_LOG,
	COMMAND_LEDGER,
	COMMAND_GRAPH,
	COMMAND_TAGS,
	COMMAND_SAVE,
	COMMAND_LOAD,
	COMMAND_LOGIN,
	COMMAND_LOGOUT,
	COMMAND_DOCTOR,
	COMMAND_INIT,
	COMMAND_HOOK,
	COMMAND_COUNT,
};

struct command_spec {
	enum command_id id;
	const char *name;
	const char *arguments; /* "[IMAGE...]" */
	size_t min_words;
	size_t max_words;	    /* SIZE_MAX: any number */
	bool takes_parents;	    /* naming an image means those that it stands on, too */
	const char *const *actions; /* first word is one of these; NULL: anything */
	const char *summary;	    /* one line, no full stop */
	const char *description;    /* paragraphs, for --help and the man page */
	const struct option_group *const *groups; /* NULL-terminated; the common ones last */
};

/* By id; COMMAND_COUNT of them. */
extern const struct command_spec commands[];
/* Options that stand before the command too. */
extern const struct option_group common_options;
/* NULL if there is none of exactly this name. */
const struct command_spec *command_find(const char *name);

/* What every command gets. */
struct cli {
	const struct options *options;
	struct report *report;
	struct event_sink *sink; /* the report's */
};

/* Each does what the man page says of the command of its name. */
int cmd_status(struct cli *cli, struct error *err) CHECK;
int cmd_make(struct cli *cli, struct error *err) CHECK;
int cmd_release(struct cli *cli, struct error *err) CHECK;
int cmd_build(struct cli *cli, struct error *err) CHECK;
int cmd_test(struct cli *cli, struct error *err) CHECK;
int cmd_prune(struct cli *cli, struct error *err) CHECK;
int cmd_publish(struct cli *cli, struct error *err) CHECK;
int cmd_exists(struct cli *cli, struct error *err) CHECK;
int cmd_resolve(struct cli *cli, struct error *err) CHECK;
int cmd_ensure(struct cli *cli, struct error *err) CHECK;
int cmd_ref(struct cli *cli, struct error *err) CHECK;
int cmd_key(struct cli *cli, struct error *err) CHECK;
int cmd_context(struct cli *cli, struct error *err) CHECK;
int cmd_log(struct cli *cli, struct error *err) CHECK;
int cmd_graph(struct cli *cli, struct error *err) CHECK;
int cmd_why(struct cli *cli, struct error *err) CHECK;
int cmd_ledger(struct cli *cli, struct error *err) CHECK;
int cmd_tags(struct cli *cli, struct error *err) CHECK;
int cmd_save(struct cli *cli, struct error *err) CHECK;
int cmd_load(struct cli *cli, struct error *err) CHECK;
int cmd_login(struct cli *cli, struct error *err) CHECK;
int cmd_logout(struct cli *cli, struct error *err) CHECK;
int cmd_doctor(struct cli *cli, struct error *err) CHECK;
int cmd_init(struct cli *cli, struct error *err) CHECK;
int cmd_hook(struct cli *cli, struct error *err) CHECK;
