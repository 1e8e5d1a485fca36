/* SPDX-License-Identifier: MIT */
/* What of a configuration holds for one image. */
#include "flow/config/settings-value.h"
#include "flow/config/stored.h"

/* Is it the first value that this place has for the key? */
static bool is_first(const struct configuration *configuration, size_t index)
{
	const struct setting_stored *stored = &configuration->entries[index], *other;

	for (other = configuration->entries; other < stored; other++)
		if (other->spec == stored->spec && other->source == stored->source &&
		    str_equal(other->image, stored->image))
			return false;
	return true;
}

/* Lists that a later place says anew. */
static bool is_replaced(const struct setting_spec *spec)
{
	return spec->type == SETTING_PLATFORMS || spec->type == SETTING_FILES;
}

/* Where something may be said. */
struct place {
	const struct configuration *configuration;
	enum settings_source source;
	const char *image;  /* NULL: all */
	bool is_taken_over; /* by an image that is like this one */
};

static int apply_place(const struct place *place, struct settings *settings, struct error *err)
{
	const struct configuration *configuration = place->configuration;

	for (size_t i = 0; i < configuration->len; i++) {
		const struct setting_stored *stored = &configuration->entries[i];

		if (stored->source != place->source || !str_equal(stored->image, place->image) ||
		    (place->is_taken_over && stored->spec->is_own))
			continue;
		if (is_replaced(stored->spec) && is_first(configuration, i))
			setting_unset(stored->spec, settings);
		if (setting_parse(stored->spec, stored->value, settings, err))
			return -1;
	}
	return 0;
}

/* What one source says, from what holds for all to the image itself, which `line` ends with. */
static int apply(const struct configuration *configuration, enum settings_source source,
		 const struct strv *line, struct settings *settings, struct error *err)
{
	struct place place = { configuration, source, NULL, false };

	if (apply_place(&place, settings, err))
		return -1;
	for (size_t i = 0; i < line->len; i++) {
		const char *folder = strmap_get(&configuration->folders, line->items[i]);

		if (source == SETTINGS_TREE && folder &&
		    str_replace(&settings->context, folder, err))
			return -1;
		place.image = line->items[i];
		place.is_taken_over = i + 1 < line->len;
		if (apply_place(&place, settings, err))
			return -1;
	}
	return 0;
}

/* What was only named gets what the user has for it. */
static int apply_answers(const struct configuration *configuration, struct settings *settings,
			 struct error *err)
{
	for (size_t i = 0; i < settings->secrets.len; i++) {
		const struct strmap_entry *entry = &settings->secrets.entries[i];
		const char *source = strmap_get(&configuration->answers, entry->key);

		if (!*entry->value && source &&
		    strmap_set(&settings->secrets, entry->key, source, err))
			return -1;
	}
	return 0;
}

/* The image whose settings this one takes over; NULL: none. */
static const char *find_like(const struct configuration *configuration, const char *image)
{
	const struct setting_spec *like = setting_find("like");
	const char *found = NULL;
	int source = 0;

	for (size_t i = 0; i < configuration->len; i++) {
		const struct setting_stored *stored = &configuration->entries[i];

		if (stored->spec != like || (int)stored->source < source ||
		    !str_equal(stored->image, image))
			continue;
		source = (int)stored->source;
		found = *stored->value ? stored->value : NULL;
	}
	return found;
}

static bool is_image(const struct configuration *configuration, const char *name)
{
	for (size_t i = 0; i < configuration->len; i++)
		if (str_equal(configuration->entries[i].image, name))
			return true;
	return strv_has(&configuration->images, name) || strmap_get(&configuration->folders, name);
}

/* "a -> b -> a" */
static int refuse_round(const struct strv *line, const char *again, struct error *err)
{
	AUTO(buf_release) struct buf path = BUF_INIT(LIMIT_ERROR_MESSAGE);

	for (size_t i = 0; i < line->len; i++)
		if (path.len || !strcmp(line->items[i], again))
			buf_add_format(&path, "%s -> ", line->items[i]);
	error_set(err, ERROR_INPUT, "'image.%s.like' goes round: %s%s", again, path.data, again);
	return error_hint(err, "one of them has to have its settings itself");
}

/* From the image itself to the one that is like no other. */
static int find_line(const struct configuration *configuration, const char *image,
		     struct strv *ret_line, struct error *err)
{
	for (const char *at = image, *from = NULL; at;
	     from = at, at = find_like(configuration, at)) {
		if (strv_has(ret_line, at))
			return refuse_round(ret_line, at, err);
		if (from && !is_image(configuration, at)) {
			error_set(err, ERROR_INPUT, "'image.%s.like': no image '%s'", from, at);
			return configuration_hint_image(configuration, at, err);
		}
		if (strv_add(ret_line, at, err))
			return -1;
	}
	return 0;
}

static void reverse(struct strv *line)
{
	for (size_t i = 0; i < line->len / 2; i++) {
		char *other = line->items[line->len - 1 - i];

		line->items[line->len - 1 - i] = line->items[i];
		line->items[i] = other;
	}
}

/* A container that has ended runs no tests. */
static int check_test(const struct settings *settings, const char *image, struct error *err)
{
	const char *dot = image ? "." : "", *name = image ? image : "";

	if (!settings->ready.ends || !settings->test.text)
		return 0;
	error_set(err, ERROR_INPUT,
		  "'image%s%s.test' has no container to run in: image.ready has it end", dot, name);
	return error_hint(err,
			  "an empty image%s%s.test forgets it; image%s%s.ready = exit:COMMAND "
			  "runs a test instead of a service",
			  dot, name, dot, name);
}

int settings_resolve_with(const struct configuration *configuration,
			  const struct configuration *files, const char *image,
			  struct settings *ret_settings, struct error *err)
{
	AUTO(settings_release) struct settings settings = { 0 };
	AUTO(strv_release) struct strv line = { 0 };
	size_t count;
	const struct setting_spec *specs = setting_specs(&count);

	if (find_line(configuration, image, &line, err))
		return -1;
	reverse(&line);
	for (size_t i = 0; i < count; i++)
		if (specs[i].preset && setting_parse(&specs[i], "", &settings, err))
			return -1;
	for (int i = 0; i < SETTINGS_SOURCE_COUNT; i++) {
		const struct place place = { files, (enum settings_source)i, image, false };

		if (apply(configuration, place.source, &line, &settings, err) ||
		    apply_place(&place, &settings, err))
			return -1;
	}
	if (apply_answers(configuration, &settings, err) || check_test(&settings, image, err))
		return -1;
	*ret_settings = settings;
	settings = (struct settings){ 0 };
	return 0;
}

int settings_resolve(const struct configuration *configuration, const char *image,
		     struct settings *ret_settings, struct error *err)
{
	const struct configuration none = { 0 };

	return settings_resolve_with(configuration, &none, image, ret_settings, err);
}

struct registry_options settings_registry_options(const struct settings *settings,
						  struct event_sink *sink)
{
	return (struct registry_options){ .sink = sink,
					  .plain_http = &settings->plain_http,
					  .token_servers = &settings->token_servers };
}
