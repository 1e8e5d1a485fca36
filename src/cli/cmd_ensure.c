/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/str.h"
#include "cli/work.h"
#include "flow/ensure/ensure-set.h"
#include "image/reference.h"
#include "report/report.h"

/* What the words are looked up in. */
struct search {
	struct cli *cli;
	struct work work; /* closed where there is no repository */
	bool has_repository;
	struct settings settings; /* for images of others */
};

static void search_close(struct search *search)
{
	if (search->has_repository)
		work_close(&search->work);
	settings_release(&search->settings);
}

/* Is there a commit to work at? Else `why_not` is filled. */
static int find_repository(struct search *search, struct error *why_not, struct error *err)
{
	AUTO(run_close) struct run run = { .alive_fd = -1 };
	const struct run_options options = { .revision = search->cli->options->commit };

	search->has_repository = !run_open(&options, NULL, &run, why_not);
	if (search->has_repository || error_is(why_not, ERROR_INPUT) ||
	    error_is(why_not, ERROR_NOT_FOUND))
		return 0;
	*err = *why_not;
	return -1;
}

static int read_user(struct search *search, struct error *err)
{
	AUTO(configuration_release) struct configuration configuration = { 0 };

	if (configure_read_user(search->cli->sink, &configuration, err) ||
	    options_apply(search->cli->options, &configuration, search->cli->sink, err))
		return -1;
	return settings_resolve(&configuration, NULL, &search->settings, err);
}

static bool is_reference(const char *word)
{
	return strpbrk(word, "/:@");
}

/* Do all words look like references? A repository that builds nothing is then as good as
 * none. */
static bool asks_for_references(const struct strv *words)
{
	for (size_t i = 0; i < words->len; i++)
		if (!is_reference(words->items[i]))
			return false;
	return words->len;
}

/* All images, for a word may be the reference of any. */
static int open_repository(struct search *search, struct error *why_not, struct error *err)
{
	search->work.is_hook = true;
	if (!work_open(&search->work, search->cli, err))
		return settings_resolve(&search->work.configuration, NULL, &search->settings, err);
	if (!asks_for_references(&search->cli->options->words) ||
	    (!error_is(err, ERROR_INPUT) && !error_is(err, ERROR_NOT_FOUND)))
		return -1;
	event_notice(search->cli->sink, "the images of this repository are not known: %s",
		     err->message);
	work_close(&search->work);
	search->work = (struct work){ 0 };
	search->has_repository = false;
	*why_not = *err;
	error_clear(err);
	return 0;
}

static int search_open(struct search *search, struct error *why_not, struct error *err)
{
	if (find_repository(search, why_not, err) ||
	    (search->has_repository && open_repository(search, why_not, err)))
		return -1;
	return search->has_repository ? 0 : read_user(search, err);
}

static bool is_name_of(const struct graph_image *image, const char *word)
{
	return str_equal(image->name, word) || str_equal(image->jobs.items[0].name, word);
}

/* "<anything>-<16 hexadecimal digits>" may be a content tag. */
static bool may_be_content(const char *tag)
{
	size_t len = strlen(tag);

	return len > 17 && tag[len - 17] == '-' && str_is_hex(tag + len - 16, 16);
}

/* Does the tag mean the image as it is at this commit? 1, 0, -1. */
static int match_tag(struct search *search, struct graph_image *image, const char *tag,
		     struct ensure_wish *wish, struct error *err)
{
	AUTOFREE char *content = NULL;

	if (!tag || str_equal(tag, image->jobs.items[0].tag)) {
		wish->image = image;
		return 1;
	}
	if (!may_be_content(tag))
		return 0;
	if (run_engine(&search->work.run, err))
		return -1;
	content = ensure_content_tag(&image->jobs.items[0], err);
	if (!content) {
		if (!error_is(err, ERROR_INPUT))
			return -1;
		error_clear(err);
		return 0;
	}
	wish->by_content = str_equal(content, tag);
	wish->image = wish->by_content ? image : NULL;
	return wish->by_content;
}

static int match_reference(struct search *search, const struct reference *asked,
			   struct ensure_wish *wish, struct error *err)
{
	for (size_t i = 0; i < search->work.graph.len && !asked->digest; i++) {
		struct graph_image *image = &search->work.graph.images[i];
		AUTO(reference_release) struct reference own = { 0 };
		int status;

		if (reference_parse(image->jobs.items[0].repository, &own, err))
			return -1;
		status = reference_is_same_repository(&own, asked)
				 ? match_tag(search, image, asked->tag, wish, err)
				 : 0;
		if (status)
			return status < 0 ? -1 : 0;
	}
	wish->reference = str_format(err, "%s%s%s", asked->name, asked->digest ? "@" : ":",
				     reference_wanted(asked));
	return wish->reference ? 0 : -1;
}

/* A name without a registry is never taken for one of Docker Hub: a slip of the pen
 * would fetch whatever somebody put there under that name. */
static int refuse_name(const struct search *search, const char *word, const struct error *why_not,
		       struct error *err)
{
	if (search->has_repository)
		error_set(err, ERROR_INPUT, "no image '%s' in commit %.7s", word,
			  search->work.run.commit.sha);
	else
		error_set(err, ERROR_INPUT, "'%s' is no image of a repository: %s", word,
			  why_not->message);
	return error_hint(err, "'%s:latest' would be that of a registry", word);
}

static int understand(struct search *search, const char *word, struct ensure_wish *wish,
		      const struct error *why_not, struct error *err)
{
	AUTO(reference_release) struct reference asked = { 0 };

	for (size_t i = 0; i < search->work.graph.len && !wish->image; i++)
		if (is_name_of(&search->work.graph.images[i], word))
			wish->image = &search->work.graph.images[i];
	if (wish->image)
		return 0;
	if (!is_reference(word))
		return refuse_name(search, word, why_not, err);
	return reference_parse(word, &asked, err) ? -1 : match_reference(search, &asked, wish, err);
}

/* All words are understood before anything is done. */
static int read_words(struct search *search, const struct error *why_not, struct ensure_set *set,
		      struct error *err)
{
	const struct strv *words = &search->cli->options->words;
	size_t count = words->len ? words->len : search->work.graph.len;

	if (!count) {
		*err = *why_not;
		return -1;
	}
	set->wishes = calloc(count, sizeof(*set->wishes));
	if (!set->wishes)
		return error_set_memory(err);
	while (set->len < count) {
		size_t i = set->len++;
		struct ensure_wish *wish = &set->wishes[i];

		wish->by_content = search->cli->options->ensures_by == ENSURE_BY_CONTENT;
		if (!words->len)
			wish->image = &search->work.graph.images[i];
		else if (understand(search, words->items[i], wish, why_not, err))
			return -1;
	}
	return 0;
}

static void print(struct cli *cli, const char *image, const struct ensured *ensured)
{
	struct json_writer *writer = report_open(cli->report, "ensured");

	if (!cli->options->is_dry_run)
		report_result(cli->report, "%s", ensured->reference);
	if (!writer)
		return;
	json_add_text(writer, "image", image);
	json_add_text(writer, "reference", ensured->reference);
	json_add_text(writer, "id", ensured->id);
	json_add_text(writer, "how", ensured_name(ensured->how));
	json_add_bool(writer, "pushed", ensured->is_pushed);
	report_close(cli->report);
}

/* What makes 'build' build again does so here. */
static bool is_forced(const struct options *options)
{
	return options->is_forced || options->rebuilds || options->ignores_cache ||
	       options->pulls_bases;
}

/* In the order asked for, also if others came to nothing. */
static void print_all(struct cli *cli, const struct ensure_set *set)
{
	for (size_t i = 0; i < set->len; i++) {
		const struct ensure_wish *wish = &set->wishes[i];
		const struct jobs *jobs = wish->image ? &wish->image->jobs : NULL;

		for (size_t k = 0; k < wish->result_count; k++)
			print(cli, jobs ? jobs->items[k].name : NULL, &wish->results[k]);
	}
}

static void set_close(struct ensure_set *set)
{
	if (set->engine)
		set->engine->ops->close(set->engine);
	ensure_set_release(set);
}

int cmd_ensure(struct cli *cli, struct error *err)
{
	AUTO(search_close) struct search search = { .cli = cli };
	AUTO(set_close)
	struct ensure_set set = { .is_forced = is_forced(cli->options),
				  .sink = cli->sink,
				  .settings = &search.settings,
				  .is_dry_run = cli->options->is_dry_run };
	struct error why_not = { 0 };
	int status;

	if (search_open(&search, &why_not, err) || read_words(&search, &why_not, &set, err))
		return -1;
	set.at_once = search.settings.jobs;
	status = ensure_all(&search.work.run, &search.work.graph, &set, err);
	print_all(cli, &set);
	return status;
}
