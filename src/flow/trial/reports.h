/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Test reports come out of the trial's container: regular files only, bounded
 * in number and size, never through a symbolic link, never into .git. What a
 * hostile image or tree wants here is to write elsewhere; the kernel's
 * openat2() keeps every path beneath the report folder.
 */
#include "flow/job.h"

/* Copies image.report to image.reportFolder, else build/image-reports/NAME in
 * the work tree (in a bare repository: of the current folder). */
int reports_copy(struct job *job, struct error *err) CHECK;
