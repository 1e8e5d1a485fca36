/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * How engines spell image names. Docker leaves docker.io/ and library/ out;
 * Podman gives every name in full and guesses what is not, so that "app" could
 * become "registry.example.com/team/app". Inside engine/ only.
 */
#include "image/reference.h"

/* 64 hexadecimal digits, alone or behind "sha256:". */
bool names_is_id(const char *reference);
/* "app:1" becomes "docker.io/library/app:1"; an ID loses its "sha256:". */
char *names_full(const char *reference, struct error *err) CHECK;
/* "docker.io/library/app:1" becomes "app:1"; inside `reference`. */
const char *names_familiar(const char *reference);
/* A tag as the engine lists it, with its repository spelled as in `asked` if
 * it is the same one, else familiar; `asked` may be NULL. `ret_is_asked` (may be
 * NULL) tells which. */
char *names_as_asked(const char *tag, const struct reference *asked, bool *ret_is_asked,
		     struct error *err) CHECK;
