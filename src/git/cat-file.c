/* SPDX-License-Identifier: MIT */
#include "git/cat-file.h"

#include <errno.h>
#include <stdio.h>

#include "base/interrupt.h"
#include "base/process.h"

struct cat_file {
	struct process process;
	int64_t left;
	bool is_idle;
};

/*
 * Repository variables were read at the opening and may be gone from the
 * environment by now: where the objects are goes along. The limits keep a
 * large object streamed, and pack files mapped in small windows.
 */
int cat_file_start(struct git_repo *repo, struct cat_file **ret_cat, struct error *err)
{
	AUTOFREE char *folder = str_format(err, "--git-dir=%s", repo->git_folder);
	struct cat_file *cat = calloc(1, sizeof(*cat));
	const char *argv[24];
	size_t len = 0;

	if (!folder || !cat) {
		free(cat);
		return error_set_memory(err);
	}
	if (repo->object_variable || repo->alternate_variable)
		argv[len++] = "env";
	if (repo->object_variable)
		argv[len++] = repo->object_variable;
	if (repo->alternate_variable)
		argv[len++] = repo->alternate_variable;
	argv[len++] = "git";
	argv[len++] = "--no-replace-objects";
	argv[len++] = folder;
	argv[len++] = "-c";
	argv[len++] = "core.bigFileThreshold=1m";
	argv[len++] = "-c";
	argv[len++] = "core.packedGitWindowSize=1m";
	argv[len++] = "-c";
	argv[len++] = "core.packedGitLimit=8m";
	argv[len++] = "cat-file";
	argv[len++] = "--batch";
	argv[len] = NULL;
	*cat = (struct cat_file){ .process = PROCESS_INIT, .is_idle = true };
	if (process_start(&(struct process_options){ .argv = argv }, &cat->process, err)) {
		free(cat);
		return -1;
	}
	*ret_cat = cat;
	return 0;
}

static int fail(struct error *err)
{
	error_set(err, ERROR_INPUT, "'git cat-file' ended early");
	return error_hint(err, "'git fsck' checks the repository");
}

static ssize_t read_some(struct cat_file *cat, void *data, size_t len, struct error *err)
{
	ssize_t got;

	do {
		if (interrupt_check(err))
			return -1;
		got = read(cat->process.out, data, len);
	} while (got < 0 && errno == EINTR);
	return got > 0 ? got : fail(err);
}

int cat_file_ask(struct cat_file *cat, const git_oid *oid, int64_t size, struct error *err)
{
	char request[GIT_OID_HEXSZ + 2], expected[128], reply[128] = "";
	size_t len;

	cat->is_idle = false;
	git_oid_tostr(request, sizeof(request), oid);
	snprintf(expected, sizeof(expected), "%s blob %lld\n", request, (long long)size);
	request[GIT_OID_HEXSZ] = '\n';
	if (write(cat->process.in, request, GIT_OID_HEXSZ + 1) != GIT_OID_HEXSZ + 1)
		return fail(err);
	len = strlen(expected);
	/* Byte by byte: what follows the line belongs to the reader. */
	for (size_t i = 0; i < len; i++)
		if (read_some(cat, &reply[i], 1, err) < 0)
			return -1;
	if (strcmp(reply, expected))
		return fail(err);
	cat->left = size;
	return 0;
}

ssize_t cat_file_read(struct cat_file *cat, void *data, size_t len, struct error *err)
{
	ssize_t got = 0;
	char end;

	if (cat->left && len)
		got = read_some(cat, data, (int64_t)len < cat->left ? len : (size_t)cat->left, err);
	if (got < 0)
		return -1;
	cat->left -= got;
	if (!cat->left && !cat->is_idle) {
		if (read_some(cat, &end, 1, err) < 0)
			return -1;
		cat->is_idle = true;
	}
	return got;
}

bool cat_file_is_idle(const struct cat_file *cat)
{
	return cat->is_idle;
}

void cat_file_free(struct cat_file *cat)
{
	if (!cat)
		return;
	process_release(&cat->process);
	free(cat);
}
