/* SPDX-License-Identifier: MIT */
#include "image/platform.h"

#include <sys/utsname.h>

#include "base/slice.h"
#include "base/str.h"

static const struct json_field fields[] = {
	JSON_FIELD(struct platform, os, "os", JSON_FIELD_TEXT),
	JSON_FIELD(struct platform, architecture, "architecture", JSON_FIELD_TEXT),
	JSON_FIELD(struct platform, variant, "variant", JSON_FIELD_TEXT),
};

const struct json_table platform_table = JSON_TABLE(fields);

void platform_release(struct platform *platform)
{
	free(platform->os);
	free(platform->architecture);
	free(platform->variant);
	*platform = (struct platform){ 0 };
}

static bool is_word(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789._-", text.data[i]))
			return false;
	return text.len;
}

int platform_parse(const char *text, struct platform *ret_platform, struct error *err)
{
	AUTO(platform_release) struct platform platform = { 0 };
	char **const parts[] = { &platform.os, &platform.architecture, &platform.variant };
	struct slice rest = slice_of(text), part;
	size_t count = 0;

	while (slice_cut(&rest, '/', &part)) {
		if (count == ARRAY_SIZE(parts) || !is_word(part)) {
			count = 0;
			break;
		}
		*parts[count] = str_copy_slice(part, err);
		if (!*parts[count++])
			return -1;
	}
	if (count < 2 || str_ends(text, "/"))
		return error_set(err, ERROR_INPUT,
				 "'%.60s' is no platform: expected OS/ARCHITECTURE[/VARIANT] "
				 "such as linux/arm64",
				 text);
	*ret_platform = platform;
	platform = (struct platform){ 0 };
	return 0;
}

/* uname's words for processors into those of Go, which OCI took over. */
static const struct {
	const char *machine;
	const char *platform;
} machines[] = {
	{ "x86_64", "linux/amd64" },	{ "aarch64", "linux/arm64" },
	{ "armv7l", "linux/arm/v7" },	{ "armv6l", "linux/arm/v6" },
	{ "i686", "linux/386" },	{ "i386", "linux/386" },
	{ "ppc64le", "linux/ppc64le" }, { "s390x", "linux/s390x" },
	{ "riscv64", "linux/riscv64" }, { "loongarch64", "linux/loong64" },
};

int platform_of_host(struct platform *ret_platform, struct error *err)
{
	struct utsname name;

	if (uname(&name))
		return error_set(err, ERROR_SYSTEM, "the system does not tell its processor");
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		if (str_equal(machines[i].machine, name.machine))
			return platform_parse(machines[i].platform, ret_platform, err);
	return error_set(err, ERROR_UNSUPPORTED, "no image's platform is known for '%s'",
			 name.machine);
}

/* The variant that an architecture has if none is named. */
static const char *variant_of(const struct platform *platform)
{
	if (platform->variant && platform->variant[0])
		return platform->variant;
	return str_equal(platform->architecture, "arm64") ? "v8" : NULL;
}

bool platform_matches(const struct platform *have, const struct platform *wanted)
{
	const char *a = variant_of(have), *b = variant_of(wanted);

	return str_equal(have->os, wanted->os) &&
	       str_equal(have->architecture, wanted->architecture) && (!a || !b || str_equal(a, b));
}

void platform_add(const struct platform *platform, struct buf *out)
{
	buf_add_format(out, "%s/%s", platform->os, platform->architecture);
	if (platform->variant && platform->variant[0])
		buf_add_format(out, "/%s", platform->variant);
}

int platform_compare(const struct platform *a, const struct platform *b)
{
	const char *first = variant_of(a), *second = variant_of(b);
	int order = strcmp(a->os, b->os);

	if (!order)
		order = strcmp(a->architecture, b->architecture);
	return order ? order : strcmp(first ? first : "", second ? second : "");
}

int platform_find(const struct strv *names, size_t begin, const struct platform *wanted)
{
	struct error ignored = { 0 };

	for (size_t i = begin; i < names->len; i++) {
		AUTO(platform_release) struct platform platform = { 0 };

		if (!platform_parse(names->items[i], &platform, &ignored) &&
		    platform_matches(&platform, wanted))
			return (int)i;
	}
	return -1;
}
