/* SPDX-License-Identifier: MIT */
#include "flow/config/settings-value.h"

#include <ctype.h>

#include "base/path.h"
#include "codec/digest.h"
#include "context/pattern.h"
#include "flow/build/cache.h"
#include "flow/build/secrets.h"
#include "flow/config/settings-command.h"
#include "flow/index/index.h"
#include "flow/publish/tag-template.h"
#include "image/platform.h"
#include "image/reference.h"
#include "net/url.h"
#include "registry/registry.h"

/* Behind it come a SHA and the name of a platform. */
#define TAG_PREFIX_MAX 40
/* A tag has 128 characters. */
#define VERSION_MAX (128 - 1 - 16)

static bool has_control(const char *text)
{
	for (; *text; text++)
		if (iscntrl((unsigned char)*text))
			return true;
	return false;
}

static int expected(const char *what, const char *text, struct error *err)
{
	return error_set(err, ERROR_INPUT, "expected %s, not '%s'", what, text);
}

static int parse_text(const struct setting_spec *spec, const char *text, void *field,
		      struct error *err)
{
	(void)spec;
	if (has_control(text))
		return expected("text without control characters", text, err);
	return str_replace(field, text, err);
}

static int parse_repository(const struct setting_spec *spec, const char *text, void *field,
			    struct error *err)
{
	(void)spec;
	if (reference_check_repository(text, err))
		return -1;
	return str_replace(field, text, err);
}

/* By a name that would stand behind it. */
static int parse_registry(const struct setting_spec *spec, const char *text, void *field,
			  struct error *err)
{
	AUTOFREE char *name = str_format(err, "%s/name", text);

	if (!name)
		return -1;
	if (!reference_check_repository(name, err))
		return str_replace(field, text, err);
	if (!error_is(err, ERROR_INPUT))
		return -1;
	expected(spec->argument, text, err);
	return error_hint(err, "like registry.example.com/team: without http:// and a slash at the "
			       "end, the path in lower case");
}

static int add_platform(struct strv *list, struct slice text, struct error *err)
{
	AUTO(platform_release) struct platform platform = { 0 };
	AUTOFREE char *name = str_copy_slice(slice_trim(text), err);

	if (!name || platform_parse(name, &platform, err))
		return -1;
	return strv_has(list, name) ? 0 : strv_add(list, name, err);
}

static int parse_platforms(const struct setting_spec *spec, const char *text, void *field,
			   struct error *err)
{
	struct slice rest = slice_of(text), part;

	(void)spec;
	while (slice_cut(&rest, ',', &part))
		if (add_platform(field, part, err))
			return -1;
	return 0;
}

static int parse_int(const struct setting_spec *spec, const char *text, void *field,
		     struct error *err)
{
	if (str_to_int(text, spec->min, spec->max, field))
		return 0;
	return error_set(err, ERROR_INPUT, "expected a number from %lld to %lld, not '%s'",
			 (long long)spec->min, (long long)spec->max, text);
}

static int parse_duration(const struct setting_spec *spec, const char *text, void *field,
			  struct error *err)
{
	int64_t ms;

	(void)spec;
	if (!str_to_duration(text, &ms) || !ms)
		return expected("a time such as 90s, 5m or 500ms", text, err);
	*(int64_t *)field = ms;
	return 0;
}

static int parse_choice(const struct setting_spec *spec, const char *text, void *field,
			struct error *err)
{
	AUTO(buf_release) struct buf list = BUF_INIT(256);

	for (int i = 0; spec->choices[i]; i++) {
		if (!strcmp(spec->choices[i], text)) {
			*(int *)field = i;
			return 0;
		}
		if (i)
			buf_add_text(&list, spec->choices[i + 1] ? ", " : " or ");
		buf_add_text(&list, spec->choices[i]);
	}
	return expected(list.data, text, err);
}

static int parse_pair(const struct setting_spec *spec, const char *text, void *field,
		      struct error *err)
{
	const char *value = strchr(text, '=');
	AUTOFREE char *name = NULL;

	if (!value || value == text || has_control(text))
		return expected(spec->argument, text, err);
	name = str_copy_slice((struct slice){ text, (size_t)(value - text) }, err);
	return name ? strmap_set(field, name, value + 1, err) : -1;
}

static int parse_variable(const struct setting_spec *spec, const char *text, void *field,
			  struct error *err)
{
	(void)spec;
	if (isdigit((unsigned char)*text) ||
	    text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")])
		return expected("a name of letters, digits and _", text, err);
	return str_replace(field, text, err);
}

static int parse_tree_path(const struct setting_spec *spec, const char *text, void *field,
			   struct error *err)
{
	AUTOFREE char *clean = path_clean(text, err);

	(void)spec;
	if (!clean)
		return -1;
	if (text[0] == '/' || !strcmp(clean, "..") || str_starts(clean, "../") || has_control(text))
		return expected("a path inside the commit, from its root", text, err);
	return str_replace(field, clean, err);
}

static int parse_container_path(const struct setting_spec *spec, const char *text, void *field,
				struct error *err)
{
	AUTOFREE char *clean = path_clean(text, err);

	(void)spec;
	if (!clean)
		return -1;
	if (text[0] != '/' || !clean[1] || has_control(text))
		return expected("an absolute path in the container, not its root", text, err);
	return str_replace(field, clean, err);
}

static int parse_command(const struct setting_spec *spec, const char *text, void *field,
			 struct error *err)
{
	(void)spec;
	return command_parse(text, field, err);
}

static int parse_ready(const struct setting_spec *spec, const char *text, void *field,
		       struct error *err)
{
	(void)spec;
	return command_parse_ready(text, field, err);
}

static int parse_secret(const struct setting_spec *spec, const char *text, void *field,
			struct error *err)
{
	(void)spec;
	return secret_parse(text, field, err);
}

static int parse_ssh(const struct setting_spec *spec, const char *text, void *field,
		     struct error *err)
{
	(void)spec;
	return has_control(text) ? expected("text without control characters", text, err)
				 : ssh_parse(text, field, err);
}

static int parse_cache(const struct setting_spec *spec, const char *text, void *field,
		       struct error *err)
{
	AUTO(cache_release) struct cache cache = { 0 };
	enum cache_way way = spec->type == SETTING_CACHE_TO ? CACHE_TO : CACHE_FROM;

	if (has_control(text))
		return expected("text without control characters", text, err);
	return cache_parse(text, way, &cache, err) ? -1 : strv_add(field, text, err);
}

/* By a URL that has nothing else. */
static int parse_host(const struct setting_spec *spec, const char *text, void *field,
		      struct error *err)
{
	AUTOFREE char *copy = str_format(err, "https://%s", text);
	AUTO(url_release) struct url url = { 0 };

	if (!copy)
		return -1;
	if (strpbrk(text, "/?#") || url_parse(copy, &url, err))
		return expected(spec->argument, text, err);
	return strv_has(field, text) ? 0 : strv_add(field, text, err);
}

static int parse_tag(const struct setting_spec *spec, const char *text, void *field,
		     struct error *err)
{
	struct strv *templates = field;

	(void)spec;
	if (tag_template_check(text, err))
		return -1;
	return strv_has(templates, text) ? 0 : strv_add(templates, text, err);
}

/* With a digit of a SHA at its end it would make another SHA of it. */
static int parse_tag_prefix(const struct setting_spec *spec, const char *text, void *field,
			    struct error *err)
{
	size_t len = strlen(text);

	(void)spec;
	if (!reference_is_valid_tag(text) || len > TAG_PREFIX_MAX)
		return expected("the begin of a tag, such as sha-", text, err);
	if (strchr("0123456789abcdef", text[len - 1]))
		return expected("a text that ends in no hexadecimal digit, such as sha-", text,
				err);
	return str_replace(field, text, err);
}

static int parse_target(const struct setting_spec *spec, const char *text, void *field,
			struct error *err)
{
	(void)spec;
	if (has_control(text))
		return expected("text without control characters", text, err);
	return registry_check_target(text, err) ? -1 : str_replace(field, text, err);
}

/* Behind it come a '-' and 16 digits of a content key. */
static int parse_version(const struct setting_spec *spec, const char *text, void *field,
			 struct error *err)
{
	(void)spec;
	if (!reference_is_valid_tag(text) || strlen(text) > VERSION_MAX)
		return expected("a version that can be a tag, such as 1.2.3", text, err);
	if (!strcmp(text, "latest"))
		return error_set(err, ERROR_INPUT, "'latest' is what an image without one has");
	return str_replace(field, text, err);
}

static int parse_digest(const struct setting_spec *spec, const char *text, void *field,
			struct error *err)
{
	(void)spec;
	if (!digest_is_valid(text))
		return expected("'sha256:' and 64 hexadecimal digits", text, err);
	return str_replace(field, text, err);
}

static int parse_name(const struct setting_spec *spec, const char *text, void *field,
		      struct error *err)
{
	(void)spec;
	if (reference_check_repository(text, err))
		return -1;
	return strv_has(field, text) ? 0 : strv_add(field, text, err);
}

static int parse_index(const struct setting_spec *spec, const char *text, void *field,
		       struct error *err)
{
	(void)spec;
	if (index_check(text, err))
		return -1;
	return strv_has(field, text) ? 0 : strv_add(field, text, err);
}

static int parse_folder(const struct setting_spec *spec, const char *text, void *field,
			struct error *err)
{
	AUTOFREE char *clean = path_clean(text, err);
	AUTO(pattern_freep) struct pattern *pattern = NULL;

	(void)spec;
	if (!clean)
		return -1;
	if (text[0] == '/' || !strcmp(clean, ".") || !strcmp(clean, "..") ||
	    str_starts(clean, "../") || has_control(text))
		return expected("folders below the commit's root, such as docker/*", text, err);
	pattern = pattern_compile(slice_of(clean), err);
	if (!pattern)
		return -1;
	return strv_has(field, clean) ? 0 : strv_add(field, clean, err);
}

static int parse_base(const struct setting_spec *spec, const char *text, void *field,
		      struct error *err)
{
	AUTO(reference_release) struct reference reference = { 0 };

	(void)spec;
	if (!strcmp(text, "scratch"))
		return expected("the name of an image", text, err);
	return reference_parse(text, &reference, err) ? -1 : str_replace(field, text, err);
}

static int parse_files(const struct setting_spec *spec, const char *text, void *field,
		       struct error *err)
{
	(void)spec;
	if (has_control(text))
		return expected("text without control characters", text, err);
	return selection_add(field, text, err);
}

static int (*const parsers[])(const struct setting_spec *spec, const char *text, void *field,
			      struct error *err) = {
	[SETTING_TEXT] = parse_text,
	[SETTING_REGISTRY] = parse_registry,
	[SETTING_REPOSITORY] = parse_repository,
	[SETTING_PLATFORMS] = parse_platforms,
	[SETTING_INT] = parse_int,
	[SETTING_DURATION] = parse_duration,
	[SETTING_CHOICE] = parse_choice,
	[SETTING_PAIRS] = parse_pair,
	[SETTING_COMMAND] = parse_command,
	[SETTING_READY] = parse_ready,
	[SETTING_TREE_PATH] = parse_tree_path,
	[SETTING_CONTAINER_PATH] = parse_container_path,
	[SETTING_VARIABLE] = parse_variable,
	[SETTING_SECRET] = parse_secret,
	[SETTING_SSH] = parse_ssh,
	[SETTING_CACHE_FROM] = parse_cache,
	[SETTING_CACHE_TO] = parse_cache,
	[SETTING_TAG] = parse_tag,
	[SETTING_TAG_PREFIX] = parse_tag_prefix,
	[SETTING_TARGET] = parse_target,
	[SETTING_HOSTS] = parse_host,
	[SETTING_BASE] = parse_base,
	[SETTING_FILES] = parse_files,
	[SETTING_VERSION] = parse_version,
	[SETTING_DIGEST] = parse_digest,
	[SETTING_NAMES] = parse_name,
	[SETTING_FOLDERS] = parse_folder,
	[SETTING_INDEX] = parse_index,
};

static void keep_number(void *field)
{
	(void)field;
}

static void free_text(void *field)
{
	free(*(char **)field);
	*(char **)field = NULL;
}

static void free_list(void *field)
{
	strv_release(field);
}

static void free_files(void *field)
{
	selection_release(field);
}

static void free_map(void *field)
{
	strmap_release(field);
}

static void free_command(void *field)
{
	command_release(field);
}

/* By type; all others are text. */
static void (*const releases[ARRAY_SIZE(parsers)])(void *field) = {
	[SETTING_INT] = keep_number,	 [SETTING_DURATION] = keep_number,
	[SETTING_CHOICE] = keep_number,	 [SETTING_PAIRS] = free_map,
	[SETTING_SECRET] = free_map,	 [SETTING_SSH] = free_map,
	[SETTING_PLATFORMS] = free_list, [SETTING_CACHE_FROM] = free_list,
	[SETTING_CACHE_TO] = free_list,	 [SETTING_HOSTS] = free_list,
	[SETTING_TAG] = free_list,	 [SETTING_COMMAND] = free_command,
	[SETTING_READY] = free_command,	 [SETTING_TAG_PREFIX] = free_text,
	[SETTING_NAMES] = free_list,	 [SETTING_FOLDERS] = free_list,
	[SETTING_INDEX] = free_list,	 [SETTING_FILES] = free_files,
};

void setting_unset(const struct setting_spec *spec, struct settings *settings)
{
	void *field = (char *)settings + spec->offset;

	(releases[spec->type] ? releases[spec->type] : free_text)(field);
}

int setting_parse(const struct setting_spec *spec, const char *text, struct settings *settings,
		  struct error *err)
{
	void *field = (char *)settings + spec->offset;

	if (!*text && !spec->preset) {
		setting_unset(spec, settings);
		return 0;
	}
	return parsers[spec->type](spec, *text ? text : spec->preset, field, err);
}

void settings_release(struct settings *settings)
{
	size_t count;
	const struct setting_spec *specs = setting_specs(&count);

	for (size_t i = 0; i < count; i++)
		setting_unset(&specs[i], settings);
	*settings = (struct settings){ 0 };
}
