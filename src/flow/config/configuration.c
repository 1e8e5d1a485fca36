/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/process.h"
#include "flow/build/secrets.h"
#include "flow/config/settings-value.h"
#include "flow/config/stored.h"
#include "image/reference.h"

#define PREFIX "GIT_IMAGE_"

extern char **environ;

/* "image.web.test", as git would name it. */
static const char *display(const struct setting_entry *entry, const char *key, struct buf *buf)
{
	buf_reset(buf);
	buf_add_text(buf, "image.");
	if (entry->subsection)
		buf_add_format(buf, "%s.", entry->subsection);
	buf_add_text(buf, key);
	return buf->data;
}

/* Says where and what before the message; a wrong option is wrong usage. */
static int at_entry(const struct setting_entry *entry, const char *key, struct error *err)
{
	AUTO(buf_release) struct buf buf = BUF_INIT(LIMIT_PEER_TEXT);

	if (entry->source == SETTINGS_OPTION) {
		if (err->kind == ERROR_INPUT)
			err->kind = ERROR_USAGE;
		return error_wrap(err, "'%s'", entry->where ? entry->where : key);
	}
	error_wrap(err, "'%s'", display(entry, key, &buf));
	return entry->where ? error_wrap(err, "%s", entry->where) : -1;
}

static void warn_unknown(const struct setting_entry *entry, struct event_sink *sink)
{
	AUTO(buf_release) struct buf buf = BUF_INIT(LIMIT_PEER_TEXT);
	const char *nearest = NULL;
	unsigned least = UINT_MAX;
	size_t count;
	const struct setting_spec *specs = setting_specs(&count);

	for (size_t i = 0; i < count; i++)
		if (str_is_nearer(entry->key, specs[i].name, &least))
			nearest = specs[i].name;
	event_warning(sink, "%s%sunknown key '%s'%s%s%s", entry->where ? entry->where : "",
		      entry->where ? ": " : "", display(entry, entry->key, &buf),
		      nearest ? ", did you mean '" : "", nearest ? nearest : "",
		      nearest ? "'?" : "");
}

static int check_place(const struct setting_entry *entry, const struct setting_spec *spec,
		       struct error *err)
{
	if (entry->source == SETTINGS_TREE && !spec->may_tree_set) {
		error_set(err, ERROR_INPUT, "a repository may not set this, only its user may");
		return error_hint(err, "remove it there; if you want it: git config image.%s VALUE",
				  spec->name);
	}
	if (!entry->subsection && spec->is_single) {
		error_set(err, ERROR_INPUT, "this holds for one image");
		return error_hint(err, "write it as image.NAME.%s, in a section [image \"NAME\"]",
				  spec->name);
	}
	if (entry->subsection && spec->is_common) {
		error_set(err, ERROR_INPUT, "this holds for all images");
		return error_hint(err, "write it as image.%s", spec->name);
	}
	/* It ends the name of a repository and of a folder for reports. */
	if (entry->subsection)
		return reference_check_repository(entry->subsection, err);
	return 0;
}

static int check_quotes(const struct setting_entry *entry, const struct setting_spec *spec,
			struct error *err)
{
	if (!entry->has_unquoted_comment ||
	    (spec->type != SETTING_COMMAND && spec->type != SETTING_READY))
		return 0;
	error_set(err, ERROR_INPUT,
		  "a ';' or '#' outside quotes begins a comment and cuts the "
		  "command");
	return error_hint(err, "put the value in quotes: %s = \"%.100s; ...\"", spec->name,
			  entry->value ? entry->value : "");
}

/* Which secret a build wants is the tree's to say, what answers it is not. */
static int check_secrets(const struct setting_entry *entry, const struct settings *scratch,
			 struct error *err)
{
	for (size_t i = 0; i < scratch->secrets.len; i++) {
		if (entry->source != SETTINGS_TREE || !*scratch->secrets.entries[i].value)
			continue;
		error_set(err, ERROR_INPUT,
			  "a repository may only name a secret, what answers it is its user's to "
			  "say");
		return error_hint(err,
				  "write the ID alone; the user: git config "
				  "imageSecret.%s.from env:NAME",
				  scratch->secrets.entries[i].key);
	}
	return 0;
}

/* By the parser itself, so that what is kept cannot fail later. */
static int check_value(const struct setting_entry *entry, const struct setting_spec *spec,
		       struct error *err)
{
	AUTO(settings_release) struct settings scratch = { 0 };

	if (!entry->value)
		return error_set(err, ERROR_INPUT, "it has no value");
	return setting_parse(spec, entry->value, &scratch, err) ||
			       check_secrets(entry, &scratch, err)
		       ? -1
		       : 0;
}

static int keep(struct configuration *configuration, const struct setting_entry *entry,
		const struct setting_spec *spec, struct error *err)
{
	struct setting_stored *grown, stored = { .spec = spec, .source = entry->source };

	grown = realloc(configuration->entries, (configuration->len + 1) * sizeof(*grown));
	if (!grown)
		return error_set_memory(err);
	configuration->entries = grown;
	if (str_replace(&stored.image, entry->subsection, err) ||
	    str_replace(&stored.value, entry->value, err)) {
		free(stored.image);
		return -1;
	}
	grown[configuration->len++] = stored;
	return 0;
}

int configuration_add(struct configuration *configuration, const struct setting_entry *entry,
		      struct event_sink *sink, struct error *err)
{
	const struct setting_spec *spec = setting_find(entry->key);

	if (!spec) {
		warn_unknown(entry, sink);
		return 0;
	}
	if (check_place(entry, spec, err) || check_quotes(entry, spec, err) ||
	    check_value(entry, spec, err))
		return at_entry(entry, spec->name, err);
	return keep(configuration, entry, spec, err);
}

int configuration_add_image(struct configuration *configuration, const char *name,
			    const char *where, struct error *err)
{
	if (strv_has(&configuration->images, name))
		return 0;
	if (reference_check_repository(name, err))
		return error_wrap(err, "%s: 'image.%s'", where, name);
	return strv_add(&configuration->images, name, err);
}

static int check_answer(const struct setting_entry *entry, struct error *err)
{
	if (entry->source == SETTINGS_TREE) {
		error_set(err, ERROR_INPUT, "a repository may not set this, only its user may");
		return error_hint(err, "remove it there; if you want it: git config "
				       "imageSecret.ID.from VALUE");
	}
	if (!entry->subsection)
		return error_set(err, ERROR_INPUT, "it belongs to an ID: imageSecret.ID.from");
	if (!entry->value)
		return error_set(err, ERROR_INPUT, "it has no value");
	if (secret_check_id(entry->subsection, err))
		return -1;
	return *entry->value ? secret_check_source(entry->value, err) : 0;
}

int configuration_add_answer(struct configuration *configuration, const struct setting_entry *entry,
			     struct event_sink *sink, struct error *err)
{
	AUTOFREE char *name =
		str_format(err, "imageSecret.%s%s%s", entry->subsection ? entry->subsection : "",
			   entry->subsection ? "." : "", entry->key);

	if (!name)
		return -1;
	if (entry->source != SETTINGS_TREE && strcasecmp(entry->key, "from") != 0) {
		event_warning(sink, "unknown key '%s', there is only 'from'", name);
		return 0;
	}
	if (check_answer(entry, err)) {
		error_wrap(err, "'%s'", name);
		return entry->where ? error_wrap(err, "%s", entry->where) : -1;
	}
	if (*entry->value)
		return strmap_set(&configuration->answers, entry->subsection, entry->value, err);
	strmap_remove(&configuration->answers, entry->subsection);
	return 0;
}

static int hide(const struct strmap *sources, struct error *err)
{
	for (size_t i = 0; i < sources->len; i++) {
		const char *name = secret_variable(sources->entries[i].value);

		if (name && process_hide_variable(name, err))
			return -1;
	}
	return 0;
}

int configuration_hide_secrets(const struct configuration *configuration, struct error *err)
{
	AUTO(strmap_release) struct strmap given = { 0 };

	for (size_t i = 0; i < configuration->len; i++) {
		const struct setting_stored *stored = &configuration->entries[i];

		if (stored->spec->type == SETTING_SECRET && *stored->value &&
		    (secret_parse(stored->value, &given, err) || hide(&given, err)))
			return -1;
	}
	return hide(&configuration->answers, err);
}

/* Slips in a variable that would be ours. */
static void warn_variable(const char *name, size_t len, struct event_sink *sink)
{
	AUTO(buf_release) struct buf given = BUF_INIT(LIMIT_PEER_TEXT), buf = BUF_INIT(64);
	AUTO(buf_release) struct buf nearest = BUF_INIT(64);
	unsigned least = UINT_MAX;
	size_t count;
	const struct setting_spec *specs = setting_specs(&count);

	buf_add(&given, name, len);
	for (size_t i = 0; i < count && !given.has_failed; i++) {
		const char *known = setting_environment(&specs[i], &buf);

		if (specs[i].is_single)
			continue;
		if (!strcmp(given.data, known))
			return;
		if (!str_is_nearer(given.data + strlen(PREFIX), known + strlen(PREFIX), &least))
			continue;
		buf_reset(&nearest);
		buf_add_text(&nearest, known);
	}
	event_warning(sink, "unknown environment variable '%.*s'%s%s%s", (int)len, name,
		      nearest.len ? ", did you mean '" : "", nearest.len ? nearest.data : "",
		      nearest.len ? "'?" : "");
}

static void check_environment(struct event_sink *sink)
{
	/* An option's, and one of ci/release.mk that make hands on. */
	static const char *const others[] = { PREFIX "PROGRESS", PREFIX "OPTIONS" };

	for (char **variable = environ; variable && *variable; variable++) {
		size_t len = strcspn(*variable, "=");
		bool is_known = !str_starts(*variable, PREFIX) || !(*variable)[len] ||
				!(*variable)[len + 1];

		for (size_t i = 0; i < ARRAY_SIZE(others); i++)
			is_known |= slice_is((struct slice){ *variable, len }, others[i]);
		if (!is_known)
			warn_variable(*variable, len, sink);
	}
}

int configuration_add_environment(struct configuration *configuration, struct event_sink *sink,
				  struct error *err)
{
	size_t count;
	const struct setting_spec *specs = setting_specs(&count);

	for (size_t i = 0; i < count; i++) {
		AUTO(buf_release) struct buf buf = BUF_INIT(64);
		const char *name = setting_environment(&specs[i], &buf);
		struct setting_entry entry = {
			.source = SETTINGS_ENVIRONMENT,
			.key = specs[i].name,
			.value = getenv(name),
			.where = name,
		};

		if (!specs[i].is_single && entry.value && *entry.value &&
		    configuration_add(configuration, &entry, sink, err))
			return -1;
	}
	check_environment(sink);
	return 0;
}

static int add_name(struct strv *images, const char *name, struct error *err)
{
	return strv_has(images, name) ? 0 : strv_add(images, name, err);
}

static int add_images(const struct configuration *configuration, enum settings_source source,
		      struct strv *images, struct error *err)
{
	for (size_t i = 0; i < configuration->len; i++) {
		const struct setting_stored *stored = &configuration->entries[i];

		if (stored->source == source && stored->image &&
		    add_name(images, stored->image, err))
			return -1;
	}
	return 0;
}

int configuration_images(const struct configuration *configuration, struct strv *ret_images,
			 struct error *err)
{
	AUTO(strv_release) struct strv images = { 0 };

	if (strv_copy(&images, &configuration->images, err) ||
	    add_images(configuration, SETTINGS_TREE, &images, err))
		return -1;
	for (size_t i = 0; i < configuration->folders.len; i++)
		if (add_name(&images, configuration->folders.entries[i].key, err))
			return -1;
	if (!images.len && add_images(configuration, SETTINGS_USER, &images, err))
		return -1;
	*ret_images = images;
	images = (struct strv){ 0 };
	return 0;
}

/* Is it the image's repository, with a tag or without, or its folder: "docker/web" for "web"? */
static bool is_path_of(const char *path, const char *image)
{
	const char *slash = strrchr(path, '/'), *last = slash ? slash + 1 : path;
	size_t len = (size_t)(last - path) + strcspn(last, ":@"), image_len = strlen(image);

	if (len < image_len || memcmp(path + len - image_len, image, image_len) != 0)
		return false;
	return len == image_len || path[len - image_len - 1] == '/';
}

int configuration_hint_image(const struct configuration *configuration, const char *name,
			     struct error *err)
{
	AUTO(strv_release) struct strv images = { 0 };
	struct error ignored = { 0 };
	const char *nearest = NULL;
	unsigned least = UINT_MAX;

	if (configuration_images(configuration, &images, &ignored))
		return -1;
	if (!images.len)
		return error_hint(err, "it has one image, without a name: leave the name out");
	for (size_t i = 0; i < images.len; i++) {
		if (is_path_of(name, images.items[i]))
			least = 0;
		else if (!str_is_nearer(name, images.items[i], &least))
			continue;
		nearest = images.items[i];
	}
	if (nearest)
		return error_hint(err, "did you mean '%s'?", nearest);
	return error_hint(err, "its images are the sections [image \"NAME\"] of .gitimage and what "
			       "image.folder finds; 'git image graph' lists them");
}

void configuration_release(struct configuration *configuration)
{
	for (size_t i = 0; i < configuration->len; i++) {
		free(configuration->entries[i].image);
		free(configuration->entries[i].value);
	}
	free(configuration->entries);
	strv_release(&configuration->images);
	strmap_release(&configuration->folders);
	strmap_release(&configuration->answers);
	*configuration = (struct configuration){ 0 };
}
