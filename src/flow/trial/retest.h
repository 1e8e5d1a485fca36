/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * image.retest: whether an image whose content is known needs a trial of its own. Promise 2
 * holds for `always`. With the others it is the user's word that counts, not a trial of that
 * very image, and the ledger says so: such a line has `of`, the commit whose image was tried. It
 * is worth something only as long as image.retest still asks for it.
 *
 * What was built in this run is always tried, whatever its key says. Anything else is not tried
 * again if the last trial of its key on record passed, of the very same layers: with `content`
 * one of the same tests, with `never` of any (the result "spared"). What has no such trial is
 * tried; `publish` alone takes it as untested.
 */
#include "flow/job.h"

#define RETEST_SPARED "spared"

/* After the image was obtained. Why it needs no trial, and the line is added; NULL: it does. */
int retest_spare(struct job *job, char **ret_why, struct error *err) CHECK;
/* The same of an image that is there, for `status`: nothing is added. */
int retest_foresee(struct job *job, char **ret_why, struct error *err) CHECK;
/* Does that trial (NULL: none) let the image be published? */
bool retest_accepts(const struct settings *settings, const struct record *trial);
/* Of what is tried and how, so that no other tests or layers are ever taken for these. */
int retest_note(const struct job *job, struct record *record, struct error *err) CHECK;
