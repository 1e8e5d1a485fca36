/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "git/config.h"

const char *const fuzz_seeds[] = {
	"[image]\n\tregistry = registry.example.com/team\n\tdeploy = main\n",
	"[image \"web\"]\r\n context = services/web\n buildArg = PORT=8000\n",
	"# x\n[a.b \"c\\\"d\"] e = \"f # g\" ; h\n\ti = j\\\n  k\n",
	"\xef\xbb\xbf[a]b\nc=\\t\\n\\b\\\\\\\"\n[include]path=x\n[includeIf \"gitdir:x\"]",
	NULL,
};

static void require(bool holds)
{
	if (!holds)
		abort();
}

static int check_entry(void *arg, const struct config_entry *entry, struct error *err)
{
	(void)arg;
	(void)err;
	require(strcmp(entry->section, "include") && strcmp(entry->section, "includeif"));
	require(!*entry->name || (*entry->name >= 'a' && *entry->name <= 'z'));
	require(*entry->name || !entry->value);
	require(entry->line > 0);
	require(!entry->value || strlen(entry->value) <= LIMIT_CONFIG_FILE);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = { 0 };
	int status =
		config_parse((struct slice){ (const char *)data, size }, check_entry, NULL, &err);

	require(status ? err.kind != ERROR_NONE && err.message[0] : err.kind == ERROR_NONE);
	return 0;
}
