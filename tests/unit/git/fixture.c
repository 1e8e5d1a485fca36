/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/process.h"
#include "base/str.h"

static char root[64];

const char *fixture_root(void)
{
	return root;
}

const char *fixture_text(const char *text)
{
	static char texts[4][1024];
	static unsigned next;
	char *out = texts[next++ % 4];
	size_t len = 0;

	for (; *text && len + sizeof(root) < sizeof(texts[0]); text++) {
		if (strncmp(text, "ROOT", 4)) {
			out[len++] = *text;
			continue;
		}
		len += (size_t)snprintf(out + len, sizeof(root), "%s", root);
		text += 3;
	}
	out[len] = '\0';
	return out;
}

PRINTF(1, 0) static void run(const char *format, va_list args, struct buf *output)
{
	AUTO(buf_release) struct buf script = BUF_INIT(1 * MIB);
	const char *argv[] = { "sh", "-e", "-c", NULL, NULL };
	struct error err = { 0 };
	int code = -1;

	buf_add_args(&script, format, args);
	argv[3] = script.data;
	if (process_run(&(struct process_options){ .argv = argv,
						   .directory = root,
						   .shows_errors = true },
			output, &code, &err) ||
	    code)
		fail_msg("the fixture's script failed (%d) %s: %s", code, err.message, script.data);
}

void fixture_run(const char *format, ...)
{
	AUTO(buf_release) struct buf output = BUF_INIT(16 * MIB);
	va_list args;

	va_start(args, format);
	run(format, args, &output);
	va_end(args);
}

const char *fixture_output(const char *format, ...)
{
	static struct buf outputs[4] = { BUF_INIT(MIB), BUF_INIT(MIB), BUF_INIT(MIB),
					 BUF_INIT(MIB) };
	static unsigned next;
	struct buf *output = &outputs[next++ % ARRAY_SIZE(outputs)];
	va_list args;

	buf_release(output);
	va_start(args, format);
	run(format, args, output);
	va_end(args);
	if (output->len && output->data[output->len - 1] == '\n')
		buf_truncate(output, output->len - 1);
	return output->data;
}

struct git_repo *fixture_open(const char *name)
{
	AUTOFREE char *path = NULL;
	struct git_repo *repo = NULL;
	struct error err = { 0 };

	path = str_format(&err, "%s/%s", root, name);
	if (!path || repo_open(path, &repo, &err))
		fail_msg("cannot open the fixture '%s': %s", name, err.message);
	return repo;
}

const char *fixture_error(const struct error *err)
{
	static char text[LIMIT_ERROR_MESSAGE + 32];

	snprintf(text, sizeof(text), "%s: %s", error_kind_name(err->kind), err->message);
	return err->kind == ERROR_NONE ? "" : text;
}

int fixture_start(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "/tmp/git-image-test-XXXXXX");
	if (!mkdtemp(root))
		return -1;
	process_scrub_environment();
	setenv("HOME", root, 1);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("SUDO_UID");
	unsetenv("GIT_CONFIG_GLOBAL");
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	setenv("GIT_AUTHOR_NAME", "A U Thor", 1);
	setenv("GIT_AUTHOR_EMAIL", "author@example.com", 1);
	setenv("GIT_COMMITTER_NAME", "C O Mitter", 1);
	setenv("GIT_COMMITTER_EMAIL", "committer@example.com", 1);
	setenv("GIT_AUTHOR_DATE", "1700000000 +0000", 1);
	setenv("GIT_COMMITTER_DATE", "1700000000 +0000", 1);
	setenv("GIT_TERMINAL_PROMPT", "0", 1);
	fixture_run("git config --global init.defaultBranch main;"
		    "git config --global protocol.file.allow always;"
		    "git config --global advice.detachedHead false");
	return 0;
}

int fixture_end(void **state)
{
	(void)state;
	fixture_run("rm -rf '%s'", root);
	return 0;
}
