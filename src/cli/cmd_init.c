/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/path.h"
#include "base/process.h"
#include "cli/commands.h"
#include "flow/ledger/ledger.h"
#include "flow/survey.h"
#include "report/report.h"

#define CONFIG_FILE ".gitimage"

static void say(struct cli *cli, const char *what, const char *detail)
{
	struct json_writer *writer = report_open(cli->report, "init");

	if (writer) {
		json_add_text(writer, "what", what);
		json_add_text(writer, "detail", detail);
		report_close(cli->report);
	}
	report_result(cli->report, "%-11s %s", what, detail);
}

static void say_all(struct cli *cli, const char *what, const struct strv *list, const char *none)
{
	for (size_t i = 0; i < list->len; i++)
		say(cli, what, list->items[i]);
	if (!list->len)
		say(cli, what, none);
}

static void say_found(struct cli *cli, const struct survey *survey)
{
	say_all(cli, "Dockerfile", &survey->dockerfiles,
		"none: every image needs one, at the root or in a folder of its own");
	for (size_t i = 0; i < survey->names.len; i++)
		if (survey->names.items[i][0])
			say(cli, "image", survey->names.items[i]);
	say_all(cli, "test", &survey->tests, "none found: image.test says what tests an image");
	say(cli, "registry",
	    survey->registry ? survey->registry
			     : "not known: image.registry says where images are published");
	say(cli, "deploy", survey->branch ? survey->branch : "not known: image.deploy names it");
}

/* Never over another one, whatever that is. */
static int write_new(const char *path, const struct buf *text, struct error *err)
{
	AUTOCLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);

	if (fd < 0 && errno == EEXIST)
		return 0;
	if (fd < 0)
		return error_set_errno(err, errno, "cannot make '%s'", path);
	if (!path_write_all(fd, buf_slice(text)))
		return 1;
	error_set_errno(err, errno, "cannot write '%s'", path);
	unlink(path);
	return -1;
}

static int write_config(struct cli *cli, struct git_repo *repo, const struct survey *survey,
			struct error *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_CONFIG_FILE);
	AUTOFREE char *path = path_join(repo_work_folder(repo), CONFIG_FILE, err);
	bool is_dry_run = cli->options->is_dry_run;
	int status;

	survey_write(survey, &text);
	if (!path || buf_check(&text, CONFIG_FILE, err))
		return -1;
	status = is_dry_run ? !path_exists(path) : write_new(path, &text, err);
	if (status < 0)
		return -1;
	say(cli, status ? is_dry_run ? "would write" : "wrote" : "kept", CONFIG_FILE);
	if (status && is_dry_run)
		report_result(cli->report, "\n%s", text.data);
	return 0;
}

static int set_up_ledger(struct cli *cli, struct git_repo *repo, const char *remote,
			 struct error *err)
{
	bool is_dry_run = cli->options->is_dry_run;
	int status = ledger_set_up(repo, remote, is_dry_run, err);
	AUTOFREE char *text = NULL;

	if (status < 0)
		return -1;
	text = str_format(err, "'git fetch%s%s' %s what '%s' has on record%s",
			  strcmp(remote, "origin") ? " " : "",
			  strcmp(remote, "origin") ? remote : "",
			  is_dry_run && !status ? "would bring" : "brings", remote,
			  status ? ", as before" : "");
	if (!text)
		return -1;
	say(cli, "ledger", text);
	say(cli, "ledger", "'git image ledger push' sends yours; 'git push' pushes what it did");
	return 0;
}

int cmd_init(struct cli *cli, struct error *err)
{
	const struct options *options = cli->options;
	const char *remote = options->words.len ? options->words.items[0] : "origin";
	AUTO(survey_release) struct survey survey = { 0 };
	AUTO(repo_freep) struct git_repo *repo = NULL;

	if (options->words.len && !options->sets_up_ledger)
		return error_set(err, ERROR_USAGE, "'%s': a remote is for --ledger", remote);
	if (repo_open(NULL, &repo, err))
		return -1;
	process_scrub_environment();
	if (!repo_work_folder(repo))
		return error_set(err, ERROR_INPUT, "'%s' has no work tree to look at",
				 repo_git_folder(repo));
	if (survey_read(repo, &survey, err))
		return -1;
	say_found(cli, &survey);
	if (write_config(cli, repo, &survey, err))
		return -1;
	return options->sets_up_ledger ? set_up_ledger(cli, repo, remote, err) : 0;
}
