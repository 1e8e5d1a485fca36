/* SPDX-License-Identifier: MIT */
#pragma once
/* Text of the configuration into the fields of struct settings. */
#include "flow/config/settings.h"

/* Sets the key's field from `text`; "" sets the preset again. ERROR_INPUT says
 * what is expected and shows the text; who adds where it stands. */
int setting_parse(const struct setting_spec *spec, const char *text, struct settings *settings,
		  struct error *err) CHECK;
/* Empties the key's field: as if nothing had been said. Numbers stay. */
void setting_unset(const struct setting_spec *spec, struct settings *settings);
