/* SPDX-License-Identifier: MIT */
#pragma once
/* What is loaded, with the layers of all its images. */
#include "flow/archive/load-archive.h"

int load_all(const char *path, struct load_archive **ret_archive, struct error *err) CHECK;
