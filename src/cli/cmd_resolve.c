/* SPDX-License-Identifier: MIT */
#include <ctype.h>

#include "base/str.h"
#include "cli/commands.h"
#include "flow/configure.h"
#include "registry/registry.h"
#include "report/report.h"

/* Length of the tag that the SHA inside gives. */
#define TAG_LENGTH 7

/* "registry.example.com/team/my-app" gives "MY_APP". */
static void add_variable_name(const struct reference *reference, struct buf *out)
{
	const char *slash = strrchr(reference->repository, '/');

	for (const char *p = slash ? slash + 1 : reference->repository; *p; p++)
		buf_add_char(out,
			     isalnum((unsigned char)*p) ? (char)toupper((unsigned char)*p) : '_');
}

static void print_environment(struct cli *cli, const struct reference *reference,
			      const struct registry_image *image)
{
	AUTO(buf_release) struct buf name = BUF_INIT(512);

	add_variable_name(reference, &name);
	report_result(cli->report, "%s_SHA=%s", name.data, image->commit.sha);
	report_result(cli->report, "%s_TAG=%.*s", name.data, TAG_LENGTH, image->commit.sha);
	report_result(cli->report, "%s_DIGEST=%s", name.data, image->manifest.digest.text);
}

static void print_json(struct cli *cli, const struct reference *reference,
		       const struct registry_image *image)
{
	struct json_writer *writer = report_open(cli->report, "resolved");

	if (!writer)
		return;
	json_add_text(writer, "name", reference->name);
	json_add_text(writer, "sha", image->commit.sha);
	json_add_slice(writer, "tag", (struct slice){ image->commit.sha, TAG_LENGTH });
	json_add_text(writer, "digest", image->manifest.digest.text);
	json_add_text(writer, "saidBy", image->commit.source);
	report_close(cli->report);
}

/* The tag that the SHA gives should hold the same; who deploys wants to know. */
static int check_tag(struct cli *cli, struct registry *registry, const struct reference *reference,
		     const struct registry_image *image, struct error *err)
{
	struct registry_digest digest = { "" };
	char tag[TAG_LENGTH + 1] = "";

	memcpy(tag, image->commit.sha, TAG_LENGTH);
	if (registry_exists(registry, tag, &digest, err) < 0)
		return -1;
	if (strcmp(digest.text, image->manifest.digest.text) != 0)
		event_warning(cli->sink, "'%s:%s' %s", reference->name, tag,
			      digest.text[0] ? "holds something else" : "does not exist");
	return 0;
}

static int resolve(struct cli *cli, const struct reference *reference,
		   const struct registry_options *options, struct error *err)
{
	AUTO(registry_image_release) struct registry_image image = REGISTRY_IMAGE_INIT;
	const char *wanted = reference->digest ? reference->digest
			     : reference->tag  ? reference->tag
					       : "latest";
	AUTO(registry_freep) struct registry *registry = NULL;
	enum registry_answer answer;

	if (registry_open(reference, options, &registry, err))
		return -1;
	answer = registry_read_image(registry, wanted, NULL, &image, err);
	if (answer == REGISTRY_UNKNOWN)
		return -1;
	if (answer == REGISTRY_NO)
		return error_set(err, ERROR_NO, "the registry has no '%s'", wanted);
	if (!image.commit.sha[0] || image.commit.is_contradicted)
		return error_set(err, ERROR_NO, "the image does not say of which commit it is%s",
				 image.commit.is_contradicted ? ": it names two" : "");
	if (check_tag(cli, registry, reference, &image, err))
		return -1;
	print_json(cli, reference, &image);
	if (cli->options->prints_environment)
		print_environment(cli, reference, &image);
	else
		report_result(cli->report, "%s:%.*s@%s", reference->name, TAG_LENGTH,
			      image.commit.sha, image.manifest.digest.text);
	return 0;
}

int cmd_resolve(struct cli *cli, struct error *err)
{
	const struct strv *words = &cli->options->words;
	AUTO(settings_release) struct settings settings = { 0 };
	struct registry_options options;

	if (configure_user(cli->sink, &settings, err))
		return -1;
	options = settings_registry_options(&settings, cli->sink);
	for (size_t i = 0; i < words->len; i++) {
		AUTO(reference_release) struct reference reference = { 0 };

		if (reference_parse(words->items[i], &reference, err) ||
		    resolve(cli, &reference, &options, err))
			return error_wrap(err, "cannot resolve '%s'", words->items[i]);
	}
	return 0;
}
