/* SPDX-License-Identifier: MIT */
#pragma once
/* How a configuration keeps what it was told; private to this folder. */
#include "flow/config/settings.h"

struct setting_stored {
	const struct setting_spec *spec;
	enum settings_source source;
	char *image; /* NULL: all */
	char *value; /* that its parser takes */
};
