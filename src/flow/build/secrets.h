/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What the user lets a build know beyond its tree: secrets and SSH agents. The
 * tree, at most, names the ID of a secret; which variable or file answers it
 * comes from the user alone. A value is in locked memory from the moment it is
 * read until the build is over, and in no argument, log, error, record or key.
 */
#include "engine/build/build.h"
#include "flow/config/settings.h"

/*
 * Reads "ID", or "id=ID,env=NAME" or "id=ID,src=FILE", into `secrets`: the ID and
 * "env:NAME", "file:FILE" or, if nothing answers it yet, "". A source that was
 * given before stays where only an ID follows. Nothing of a text that is
 * malformed is shown: somebody may have written the secret there.
 */
int secret_parse(const char *text, struct strmap *secrets, struct error *err) CHECK;
/* Letters, digits, '.', '_' and '-'. */
int secret_check_id(const char *id, struct error *err) CHECK;
/* imageSecret.ID.from: "env:NAME", or "file:PATH" with an absolute path or
 * one that begins with "~/". The text is not shown. */
int secret_check_source(const char *source, struct error *err) CHECK;
/* The variable that answers; NULL: a file does, or nothing. */
const char *secret_variable(const char *source);

/* Reads "ID" or "ID=SOCKET" into `ssh`. */
int ssh_parse(const char *text, struct strmap *ssh, struct error *err) CHECK;

struct secrets {
	struct secret *values;
	struct engine_secret *items; /* borrow the IDs of the settings */
	size_t len;
	struct engine_ssh *ssh; /* borrow too, and the environment */
	size_t ssh_count;
};

void secrets_release(struct secrets *secrets);
/* Answers every secret and agent of the settings. One that nothing answers, or
 * whose source is not there, empty or over LIMIT_SECRET, is ERROR_INPUT with the
 * mend. */
int secrets_answer(const struct settings *settings, struct secrets *ret_secrets,
		   struct error *err) CHECK;
