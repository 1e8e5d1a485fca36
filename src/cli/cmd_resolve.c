/* SPDX-License-Identifier: MIT */
#include <ctype.h>

#include "base/str.h"
#include "cli/asked.h"
#include "flow/resolve.h"
#include "report/report.h"

/* "registry.example.com/team/my-app" gives "MY_APP"; no name of a variable
 * begins with a digit. */
static int variable_name(const struct reference *reference, struct buf *out, struct error *err)
{
	const char *slash = strrchr(reference->repository, '/');
	const char *name = slash ? slash + 1 : reference->repository;

	buf_reset(out);
	if (isdigit((unsigned char)name[0]))
		buf_add_char(out, '_');
	for (const char *p = name; *p; p++)
		buf_add_char(out,
			     isalnum((unsigned char)*p) ? (char)toupper((unsigned char)*p) : '_');
	return buf_check(out, "the name of a variable", err);
}

static bool asks_the_same(const struct reference *a, const struct reference *b)
{
	return reference_is_same_repository(a, b) &&
	       str_equal(reference_wanted(a), reference_wanted(b));
}

static int refuse_name(const struct resolved *before, const struct resolved *item, const char *name,
		       struct error *err)
{
	error_set(err, ERROR_INPUT, "'%s' and '%s' would both be %s_SHA", before->word, item->word,
		  name);
	return error_hint(err, "the last part of the name counts; --json names each in full");
}

/* One of them would be lost. */
static int check_names(const struct resolution *set, struct error *err)
{
	AUTO(buf_release) struct buf name = BUF_INIT(512), other = BUF_INIT(512);

	for (size_t i = 1; i < set->count; i++) {
		const struct resolved *item = &set->items[i];

		for (size_t k = 0; k < i; k++) {
			const struct resolved *before = &set->items[k];

			if (variable_name(&item->reference, &name, err) ||
			    variable_name(&before->reference, &other, err))
				return -1;
			if (str_equal(name.data, other.data) &&
			    !asks_the_same(&item->reference, &before->reference))
				return refuse_name(before, item, name.data, err);
		}
	}
	return 0;
}

static int print_environment(struct cli *cli, const struct resolved *item,
			     const struct registry_image *image, struct error *err)
{
	AUTO(buf_release) struct buf name = BUF_INIT(512);

	if (variable_name(&item->reference, &name, err))
		return -1;
	report_result(cli->report, "%s_SHA=%s", name.data, image->commit.sha);
	report_result(cli->report, "%s_TAG=%s", name.data, item->tag);
	report_result(cli->report, "%s_DIGEST=%s", name.data, image->manifest.digest.text);
	return 0;
}

static void print_json(struct cli *cli, const struct resolved *item,
		       const struct registry_image *image)
{
	struct json_writer *writer = report_open(cli->report, "resolved");

	if (!writer)
		return;
	json_add_text(writer, "reference", item->word);
	json_add_text(writer, "name", item->reference.name);
	json_add_text(writer, "sha", image->commit.sha);
	json_add_text(writer, "tag", item->tag);
	json_add_bool(writer, "tagExists", item->is_tag_there);
	json_add_text(writer, "digest", image->manifest.digest.text);
	json_add_text(writer, "saidBy", image->commit.source);
	report_close(cli->report);
}

int cmd_resolve(struct cli *cli, struct error *err)
{
	bool prints_environment = cli->options->prints_environment;
	AUTO(asked_release) struct asked asked = { 0 };
	AUTO(resolution_release) struct resolution set = { 0 };

	if (asked_read(cli, true, &asked, err) ||
	    resolution_init(&set, &asked.references, &asked.settings, err) ||
	    (prints_environment && check_names(&set, err)))
		return -1;
	for (size_t i = 0; i < set.count; i++)
		set.items[i].settings = asked_settings(&asked, &set.items[i].reference);
	if (resolve(&set, &asked.settings, cli->sink, err))
		return -1;
	for (size_t i = 0; i < set.count; i++) {
		const struct resolved *item = &set.items[i];
		const struct registry_image *image = &set.readings[i].image;

		print_json(cli, item, image);
		if (prints_environment && print_environment(cli, item, image, err))
			return -1;
		if (!prints_environment)
			report_result(cli->report, "%s:%s@%s", item->reference.name, item->tag,
				      image->manifest.digest.text);
	}
	return 0;
}
