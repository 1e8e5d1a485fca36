/* SPDX-License-Identifier: MIT */
#include "cli/asked.h"

#include <string.h>

#include "flow/config/configure.h"
#include "flow/config/own-image.h"
#include "image/reference.h"

void asked_release(struct asked *asked)
{
	strv_release(&asked->references);
	settings_release(&asked->settings);
}

static bool is_plain(const char *word)
{
	return !strpbrk(word, "/:@");
}

static bool has_plain(const struct strv *words)
{
	for (size_t i = 0; i < words->len; i++)
		if (is_plain(words->items[i]))
			return true;
	return false;
}

/* What only the local engine knows is not to be asked of a registry. */
static int check_registry(const struct image_name *image, struct error *err)
{
	AUTO(reference_release) struct reference reference = { 0 };

	if (reference_parse(image->repository, &reference, err))
		return -1;
	if (str_starts(reference.name, reference.host))
		return 0;
	error_set(err, ERROR_INPUT, "no registry is set for '%s', an image of this repository",
		  image->name);
	return error_hint(err,
			  "git config image.registry HOST/PATH; '%s:latest' would be that of "
			  "Docker Hub",
			  image->name);
}

static int add_own(struct asked *asked, const struct image_name *image, struct error *err)
{
	if (check_registry(image, err))
		return -1;
	return strv_add(&asked->references, image->repository, err);
}

static int add_plain(struct asked *asked, const struct run *run,
		     const struct configuration *configuration, const char *word, struct error *err)
{
	struct image_name image = { 0 };
	int status = own_image_find(run, configuration, word, &image, err);

	if (status < 0)
		return -1;
	status = status ? add_own(asked, &image, err) : strv_add(&asked->references, word, err);
	free(image.name);
	free(image.repository);
	return status;
}

static int add_words(struct asked *asked, const struct run *run,
		     const struct configuration *configuration, const struct strv *words,
		     struct error *err)
{
	for (size_t i = 0; i < words->len; i++) {
		const char *word = words->items[i];

		if (is_plain(word) ? add_plain(asked, run, configuration, word, err)
				   : strv_add(&asked->references, word, err))
			return -1;
	}
	return 0;
}

/* 1, 0 where there is no repository, or no commit in it, -1. */
static int read_in_repository(struct cli *cli, struct asked *asked, struct error *err)
{
	AUTO(run_close) struct run run = { .alive_fd = -1 };
	AUTO(configuration_release) struct configuration configuration = { 0 };
	const struct options *options = cli->options;

	if (run_open(&(struct run_options){ .revision = options->commit }, NULL, &run, err)) {
		bool is_none = error_is(err, ERROR_INPUT) || error_is(err, ERROR_NOT_FOUND);

		if (!is_none || options->commit)
			return -1;
		error_clear(err);
		return 0;
	}
	run.sink = cli->sink;
	if (configure_read(&run, &configuration, err) ||
	    configuration_hide_secrets(&configuration, err) ||
	    settings_resolve(&configuration, NULL, &asked->settings, err) ||
	    add_words(asked, &run, &configuration, &options->words, err))
		return -1;
	return 1;
}

int asked_read(struct cli *cli, struct asked *asked, struct error *err)
{
	const struct strv *words = &cli->options->words;
	int status = has_plain(words) ? read_in_repository(cli, asked, err) : 0;

	if (status)
		return status < 0 ? -1 : 0;
	if (configure_user(cli->sink, &asked->settings, err))
		return -1;
	return strv_copy(&asked->references, words, err);
}
