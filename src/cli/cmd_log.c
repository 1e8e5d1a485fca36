/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cli/commands.h"
#include "flow/config/own-image.h"
#include "flow/ledger/ledger-log.h"
#include "flow/ledger/ledger.h"
#include "flow/publish/publish.h"
#include "report/report.h"

/* Rows wait until the width of each column is known for so many of them. */
#define ROWS 1000
/* So many are enough to tell one from another. */
#define HEX_DIGITS 12
/* A longer word moves the rest of its line. */
#define WIDTH_MAX 48

enum column {
	COLUMN_COMMIT,
	COLUMN_IMAGE,
	COLUMN_KEY,
	COLUMN_ID,
	COLUMN_TRIAL,
	COLUMN_PUBLISHED,
	COLUMN_SUBJECT,
	COLUMN_COUNT,
};

struct row {
	char *cells[COLUMN_COUNT];
};

struct table {
	struct report *report;
	struct row rows[ROWS];
	size_t len;
	int widths[COLUMN_COUNT];
	bool has_fetched;
	bool has_lines;
};

static void row_release(struct row *row)
{
	for (size_t i = 0; i < COLUMN_COUNT; i++)
		free(row->cells[i]);
	*row = (struct row){ 0 };
}

static void table_free(struct table **table)
{
	for (size_t i = 0; *table && i < (*table)->len; i++)
		row_release(&(*table)->rows[i]);
	free(*table);
}

static void print_row(const struct table *table, const char *const *cells)
{
	const int *widths = table->widths;

	report_result(table->report, "%-*s  %-*s  %-*s  %-*s  %-*s  %-*s  %s",
		      widths[COLUMN_COMMIT], cells[COLUMN_COMMIT], widths[COLUMN_IMAGE],
		      cells[COLUMN_IMAGE], widths[COLUMN_KEY], cells[COLUMN_KEY], widths[COLUMN_ID],
		      cells[COLUMN_ID], widths[COLUMN_TRIAL], cells[COLUMN_TRIAL],
		      widths[COLUMN_PUBLISHED], cells[COLUMN_PUBLISHED], cells[COLUMN_SUBJECT]);
}

static void flush(struct table *table)
{
	for (size_t i = 0; i < table->len; i++) {
		for (size_t j = 0; j < COLUMN_COUNT; j++) {
			int width = (int)strlen(table->rows[i].cells[j]);

			if (width > table->widths[j] && width <= WIDTH_MAX)
				table->widths[j] = width;
		}
	}
	for (size_t i = 0; i < table->len; i++) {
		print_row(table, (const char *const *)table->rows[i].cells);
		row_release(&table->rows[i]);
	}
	table->len = 0;
}

/* The first digits of "sha256:..." or "local:...". */
static const char *digits_of(const char *text)
{
	const char *colon = text ? strchr(text, ':') : NULL;

	return colon ? colon + 1 : text ? text : "-";
}

/* What others said is marked. */
static const char *mark(struct table *table, const struct record *record)
{
	if (!record || record->is_sealed)
		return "";
	table->has_fetched = true;
	return "*";
}

/* "1f2e3d4", with ",latest" if that was moved to it, and what was asked for. */
static char *describe_publication(struct table *table, const struct record *publication,
				  struct error *err)
{
	const char *tag = NULL, *latest;
	bool has_moved;

	if (!publication)
		return str_copy("-", err);
	latest = publication->latest;
	has_moved = str_equal(latest, latest_outcome_name(LATEST_MOVED)) ||
		    str_equal(latest, latest_outcome_name(LATEST_ALREADY));
	if (publication->reference)
		tag = strrchr(publication->reference, ':');
	return str_format(err, "%s%s%s%s%s", tag ? tag + 1 : "yes", has_moved ? ",latest" : "",
			  has_moved && publication->is_forced ? ",forced" : "",
			  publication->is_untested ? ",untested" : "", mark(table, publication));
}

static int add_row(struct table *table, const struct ledger_line *line, struct error *err)
{
	const struct record *trial = line->trial;
	struct row *row;
	char **cells;

	if (table->len == ROWS)
		flush(table);
	row = &table->rows[table->len++];
	cells = row->cells;
	cells[COLUMN_COMMIT] = str_format(err, "%.7s", line->commit->sha);
	cells[COLUMN_IMAGE] = str_copy(line->image ? line->image : "-", err);
	cells[COLUMN_KEY] = str_format(err, "%.*s%s", HEX_DIGITS, digits_of(line->key),
				       mark(table, line->key ? line->build : NULL));
	cells[COLUMN_ID] = str_format(err, "%.*s", HEX_DIGITS, digits_of(line->id));
	cells[COLUMN_TRIAL] = str_format(err, "%s%s", trial && trial->result ? trial->result : "-",
					 mark(table, trial));
	cells[COLUMN_PUBLISHED] = describe_publication(table, line->publication, err);
	cells[COLUMN_SUBJECT] = str_copy(line->commit->subject, err);
	for (size_t i = 0; i < COLUMN_COUNT; i++)
		if (!cells[i]) {
			row_release(row);
			table->len--;
			return -1;
		}
	return 0;
}

static void print_json(struct report *report, const struct ledger_line *line)
{
	struct json_writer *writer = report_open(report, "log");
	const struct record *publication = line->publication;

	if (!writer)
		return;
	json_add_text(writer, "commit", line->commit->sha);
	json_add_text(writer, "subject", line->commit->subject);
	json_add_text(writer, "image", line->image);
	json_add_text(writer, "key", line->key);
	json_add_text(writer, "id", line->id);
	if (line->build)
		json_add_bool(writer, "buildIsOwn", line->build->is_sealed);
	if (line->trial) {
		json_add_text(writer, "trial", line->trial->result);
		json_add_text(writer, "trialAt", line->trial->at);
		json_add_bool(writer, "trialIsOwn", line->trial->is_sealed);
	}
	if (publication) {
		json_add_text(writer, "published", publication->reference);
		json_add_text(writer, "publishedAt", publication->at);
		json_add_text(writer, "digest", publication->digest);
		json_add_text(writer, "latest", publication->latest);
		json_add_bool(writer, "untested", publication->is_untested);
		json_add_bool(writer, "moveLatest", publication->is_forced);
		json_add_bool(writer, "publicationIsOwn", publication->is_sealed);
	}
	report_close(report);
}

static int show(void *arg, const struct ledger_line *line, struct error *err)
{
	struct table *table = arg;

	table->has_lines = true;
	print_json(table->report, line);
	return add_row(table, line, err);
}

static int read_count(const char *text, int64_t *ret_count, struct error *err)
{
	*ret_count = -1;
	if (!text || str_to_int(text, 0, INT64_MAX, ret_count))
		return 0;
	return error_set(err, ERROR_USAGE, "--max-count wants a whole number, not '%s'", text);
}

static int begin_table(struct table *table, const struct cli *cli, struct error *err)
{
	static const char *const titles[COLUMN_COUNT] = { "COMMIT", "IMAGE",	 "KEY",	   "ID",
							  "TRIAL",  "PUBLISHED", "SUBJECT" };

	table->report = cli->report;
	if (cli->options->is_quiet)
		return 0;
	table->len = 1;
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		table->rows[0].cells[i] = str_copy(titles[i], err);
		if (!table->rows[0].cells[i])
			return -1;
	}
	return 0;
}

static int note(void *arg, const struct ledger_line *line, struct error *err)
{
	bool *is_known = arg;

	(void)line;
	(void)err;
	*is_known = true;
	return 0;
}

/* Of a name that is none there would never be a line. */
static int check_image(struct run *run, const char *name, struct error *err)
{
	AUTO(configuration_release) struct configuration configuration = { 0 };
	AUTO(own_images_release) struct own_images images = { 0 };
	bool is_known = false;
	struct ledger_log log = { .image = name, .max_count = 1, .each = note, .arg = &is_known };

	if (ledger_log(run, &log, err))
		return -1;
	if (is_known)
		return 0;
	if (configure_read(run, &configuration, err) ||
	    own_images_read(run, &configuration, &images, err))
		return -1;
	if (own_images_by_name(&images, name))
		return 0;
	error_set(err, ERROR_INPUT, "no image '%s' in commit %.7s, nor on record before it", name,
		  run->commit.sha);
	return configuration_hint_image(&configuration, name, err);
}

static int print_log(struct run *run, struct table *table, const struct options *options,
		     struct error *err)
{
	AUTO(commit_release) struct commit since = { 0 };
	struct ledger_log log = { .image = options->image, .each = show, .arg = table };

	if (read_count(options->max_count, &log.max_count, err) || run_read_seal(run, err) ||
	    (!options->is_dry_run && ledger_refresh(run->repo, run->sink, err)))
		return -1;
	if (options->since) {
		if (commit_resolve(run->repo, options->since, &since, err))
			return -1;
		log.since = since.sha;
	}
	if (ledger_log(run, &log, err))
		return -1;
	if (options->image && !table->has_lines && check_image(run, options->image, err))
		return -1;
	flush(table);
	if (table->has_fetched)
		event_notice(run->sink, "* is what others put on record");
	return 0;
}

/* A word is a commit; 'git log -n 1', and names of images elsewhere, lead people to others. */
static int hint_word(const struct options *options, struct error *err)
{
	const char *word = options->words.items[0];
	int64_t count;

	/* Not if there is no repository, or none that can be read. */
	if (!strstr(err->message, "commit") || err->hint[0])
		return -1;
	if (options->is_dry_run && str_to_int(word, 0, INT64_MAX, &count))
		return error_hint(err, "'--max-count %s' shows so many; -n is --dry-run", word);
	return error_hint(err, "if it is an image: '--image %.100s'", word);
}

int cmd_log(struct cli *cli, struct error *err)
{
	AUTO(table_free) struct table *table = calloc(1, sizeof(*table));
	AUTO(run_close) struct run run = { .alive_fd = -1 };
	const struct options *options = cli->options;
	const char *revision = options->words.len ? options->words.items[0] : options->commit;

	if (!table)
		return error_set_memory(err);
	if (run_open(&(struct run_options){ .revision = revision }, cli->sink, &run, err))
		return options->words.len ? hint_word(options, err) : -1;
	if (begin_table(table, cli, err))
		return -1;
	return print_log(&run, table, options, err);
}
