/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What a CI system gives its jobs to publish with, in variables. Each belongs
 * to one host and is for no other.
 */
#include "auth/credentials.h"

/* GitHub Actions: ghcr.io with GITHUB_TOKEN, as GITHUB_ACTOR. GitLab: the host
 * CI_REGISTRY with CI_REGISTRY_USER and CI_REGISTRY_PASSWORD, else with
 * CI_JOB_TOKEN. Leaves the credentials empty for any other host. */
int ci_find(const char *host, struct credentials *ret_credentials, struct error *err) CHECK;
/* The names of all variables that hold a secret; NULL past the end. */
const char *ci_variable(size_t index);
