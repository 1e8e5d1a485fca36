/* SPDX-License-Identifier: MIT */
#include "base/str.h"
#include "cli/asked.h"
#include "registry/exists.h"
#include "report/report.h"

/* What was asked: a question a word. */
struct inquiry {
	struct reference *references;
	struct registry_question *questions;
	size_t count;
};

static void inquiry_release(struct inquiry *inquiry)
{
	for (size_t i = 0; i < inquiry->count; i++)
		reference_release(&inquiry->references[i]);
	free(inquiry->references);
	free(inquiry->questions);
}

static int inquiry_init(struct inquiry *inquiry, const struct strv *words, struct error *err)
{
	inquiry->references = calloc(words->len, sizeof(*inquiry->references));
	inquiry->questions = calloc(words->len, sizeof(*inquiry->questions));
	if (!inquiry->references || !inquiry->questions)
		return error_set_memory(err);
	for (size_t i = 0; i < words->len; i++, inquiry->count++) {
		if (reference_parse(words->items[i], &inquiry->references[i], err))
			return -1;
		inquiry->questions[i].reference = &inquiry->references[i];
	}
	return 0;
}

static const char *answer_name(enum registry_answer answer)
{
	if (answer == REGISTRY_UNKNOWN)
		return "unknown";
	return answer == REGISTRY_YES ? "yes" : "no";
}

static void print_json(struct cli *cli, const char *word, const struct registry_question *question)
{
	struct json_writer *writer = report_open(cli->report, "exists");

	if (!writer)
		return;
	json_add_text(writer, "reference", word);
	json_add_text(writer, "answer", answer_name(question->answer));
	if (question->digest.text[0])
		json_add_text(writer, "digest", question->digest.text);
	if (question->answer == REGISTRY_UNKNOWN) {
		json_add_text(writer, "error", error_kind_name(question->err.kind));
		json_add_text(writer, "message", question->err.message);
	}
	report_close(cli->report);
}

static void print(struct cli *cli, const char *word, const struct registry_question *question)
{
	if (cli->options->is_quiet)
		return;
	print_json(cli, word, question);
	report_result(cli->report, "%s %s", word, answer_name(question->answer));
}

/* The exit codes of an unknown are two: who was denied should not try again,
 * anybody else may. */
static enum error_kind kind_of(const struct registry_question *question)
{
	static const enum error_kind kinds[] = { ERROR_NO, ERROR_NONE };

	if (question->answer != REGISTRY_UNKNOWN)
		return kinds[question->answer];
	return error_is(&question->err, ERROR_DENIED) ? ERROR_DENIED : ERROR_UNREACHABLE;
}

/* The first of those with the highest code decides; of a no there is nothing
 * more to say. */
static int conclude(struct cli *cli, const struct inquiry *inquiry, struct error *err)
{
	const struct registry_question *worst = &inquiry->questions[0];

	for (size_t i = 1; i < inquiry->count; i++)
		if (error_exit_code(kind_of(&inquiry->questions[i])) >
		    error_exit_code(kind_of(worst)))
			worst = &inquiry->questions[i];
	for (size_t i = 0; i < inquiry->count; i++) {
		const struct registry_question *question = &inquiry->questions[i];

		if (question != worst && question->answer == REGISTRY_UNKNOWN &&
		    !cli->options->is_quiet &&
		    !str_equal(question->err.message, worst->err.message))
			event_warning(cli->sink, "%s", question->err.message);
	}
	if (worst->answer == REGISTRY_YES)
		return 0;
	*err = worst->err;
	err->kind = kind_of(worst);
	if (cli->options->is_quiet)
		err->message[0] = '\0';
	return -1;
}

int cmd_exists(struct cli *cli, struct error *err)
{
	AUTO(asked_release) struct asked asked = { 0 };
	AUTO(registry_pool_release) struct registry_pool pool = { 0 };
	AUTO(inquiry_release) struct inquiry inquiry = { 0 };
	struct registry_options options;

	if (asked_read(cli, false, &asked, err) || inquiry_init(&inquiry, &asked.references, err))
		return -1;
	options = settings_registry_options(&asked.settings, cli->sink);
	pool.options = &options;
	if (registry_ask_all(&pool, inquiry.questions, inquiry.count, err))
		return -1;
	for (size_t i = 0; i < inquiry.count; i++)
		print(cli, asked.references.items[i], &inquiry.questions[i]);
	return conclude(cli, &inquiry, err);
}
