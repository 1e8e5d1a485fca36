/* SPDX-License-Identifier: MIT */
#include "cli/asked.h"

#include <string.h>

#include "base/path.h"

void asked_release(struct asked *asked)
{
	strv_release(&asked->references);
	settings_release(&asked->settings);
	own_images_release(&asked->images);
}

static bool is_plain(const char *word)
{
	return !strpbrk(word, "/:@");
}

/* "team/app" is a name too, and "web:latest" may be taken for one. */
static bool may_be_name(const char *word)
{
	return !strpbrk(word, ":@") || !strchr(word, '/');
}

static bool any(const struct strv *words, bool (*is)(const char *word))
{
	for (size_t i = 0; i < words->len; i++)
		if (is(words->items[i]))
			return true;
	return false;
}

static bool has_registry(const struct own_image *image)
{
	return str_starts(image->reference.name, image->reference.host);
}

/* What only the local engine knows is not to be asked of a registry. */
static int check_registry(const struct own_image *image, struct error *err)
{
	if (has_registry(image))
		return 0;
	error_set(err, ERROR_INPUT, "no registry is set for '%s', an image of this repository",
		  image->called.name);
	return error_hint(err,
			  "git config image.registry HOST/PATH; '%s:latest' would be that of "
			  "Docker Hub",
			  image->called.name);
}

/* Of the only image the last part of the project's path will do, as that is its name where
 * the registry has a path. */
static const struct own_image *find_own(const struct own_images *images, const char *word)
{
	const struct own_image *image = own_images_by_name(images, word);

	if (!image && !images->has_sections &&
	    str_equal(path_base(images->items[0].called.name), word))
		image = &images->items[0];
	return image;
}

static void warn_of_docker_hub(const struct own_image *own, const char *word,
			       struct event_sink *sink)
{
	if (is_plain(word))
		event_notice(sink,
			     "'%s' is no image of this repository: that of Docker Hub is asked "
			     "for, docker.io/library/%s:latest",
			     word, word);
	else if (own && has_registry(own))
		event_notice(sink, "'%s' is of Docker Hub: that of this repository is in %s", word,
			     own->called.repository);
}

static int add_word(struct asked *asked, const char *word, struct event_sink *sink,
		    struct error *err)
{
	AUTOFREE char *name = str_copy_slice((struct slice){ word, strcspn(word, ":@") }, err);
	const struct own_image *own;

	if (!name)
		return -1;
	own = may_be_name(word) ? find_own(&asked->images, name) : NULL;
	if (own && str_equal(name, word))
		return check_registry(own, err)
			       ? -1
			       : strv_add(&asked->references, own->called.repository, err);
	warn_of_docker_hub(own, word, sink);
	return strv_add(&asked->references, word, err);
}

/* 1, 0 if there are none, -1. A repository that builds nothing, or cannot, is as good as
 * none to who asks for references alone. */
static int read_images(struct run *run, bool is_needed, struct event_sink *sink,
		       struct own_images *ret_images, struct error *err)
{
	AUTO(configuration_release) struct configuration configuration = { 0 };
	bool is_read = !configure_read(run, &configuration, err) &&
		       !configuration_hide_secrets(&configuration, err);

	if (is_read && !own_images_read(run, &configuration, ret_images, err))
		return 1;
	if (is_needed || (!error_is(err, ERROR_INPUT) && !error_is(err, ERROR_NOT_FOUND)))
		return -1;
	if (!is_read)
		event_notice(sink, "the images of this repository are not known: %s", err->message);
	error_clear(err);
	return 0;
}

/* 1, 0 where there is no repository, or no commit in it, -1. */
static int read_in_repository(struct cli *cli, bool is_needed, struct asked *asked,
			      struct error *err)
{
	AUTO(run_close) struct run run = { .alive_fd = -1 };
	const char *revision = cli->options->commit;

	if (run_open(&(struct run_options){ .revision = revision }, NULL, &run, err)) {
		bool is_none = error_is(err, ERROR_INPUT) || error_is(err, ERROR_NOT_FOUND);

		if (!is_none || revision)
			return -1;
		error_clear(err);
		return 0;
	}
	run.sink = is_needed ? cli->sink : NULL;
	return read_images(&run, is_needed, cli->sink, &asked->images, err);
}

int asked_read(struct cli *cli, bool by_reference, struct asked *asked, struct error *err)
{
	const struct strv *words = &cli->options->words;
	bool has_plain = any(words, is_plain);
	int status = by_reference || any(words, may_be_name)
			     ? read_in_repository(cli, has_plain, asked, err)
			     : 0;

	/* The user's slips have been told of if the images were read aloud. */
	if (status < 0 ||
	    configure_user(status && has_plain ? NULL : cli->sink, &asked->settings, err))
		return -1;
	if (!status)
		return strv_copy(&asked->references, words, err);
	for (size_t i = 0; i < words->len; i++)
		if (add_word(asked, words->items[i], cli->sink, err))
			return -1;
	return 0;
}

const struct settings *asked_settings(const struct asked *asked, const struct reference *reference)
{
	const struct own_image *own = own_images_by_reference(&asked->images, reference);

	return own ? &own->settings : &asked->settings;
}
