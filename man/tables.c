/* SPDX-License-Identifier: MIT */
/* Prints a table at build time, without the program that they belong to. */
#include "cli/introspect.h"

int main(int argc, char **argv)
{
	struct error err = { 0 };

	if (argc != 2 || introspect_print(argv[1], stdout, &err)) {
		fprintf(stderr, "tables: %s\n", err.message);
		return 1;
	}
	return fflush(stdout) || ferror(stdout);
}
