/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * image.retest: whether an image whose content is known needs a trial of its own. Promise 2
 * holds for `always`. With the others it is the user's word that counts, not a trial of that
 * very image, and the ledger says so: such a line has `of`, the commit whose image was tried
 * (content), or the result "spared" (never). It is worth something only as long as image.retest
 * still asks for it. Content whose last trial failed is always tried again.
 */
#include "flow/job.h"

#define RETEST_SPARED "spared"

/* After the image was obtained. Why it needs no trial, and the line is added; NULL: it does. */
int retest_spare(struct job *job, char **ret_why, struct error *err) CHECK;
/* The same beforehand, for `status`: nothing is added. After reuse_choose(). */
int retest_foresee(struct job *job, bool will_be_built, char **ret_why, struct error *err) CHECK;
/* Does that trial (NULL: none) let the image be published? */
bool retest_accepts(const struct settings *settings, const struct record *trial);
/* Of what is run in a trial, so that another test is never taken for this one. */
int retest_note_tests(const struct settings *settings, struct record *record,
		      struct error *err) CHECK;
