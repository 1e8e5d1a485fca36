/* SPDX-License-Identifier: MIT */
#include "flow/build/context-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "layout/incoming.h"

static int copy(struct context *context, int fd, const char *file, struct digest *digest,
		struct error *err)
{
	AUTOFREE char *chunk = malloc(LIMIT_CHUNK);
	ssize_t len;

	if (!chunk)
		return error_set_memory(err);
	while ((len = context_read(context, chunk, LIMIT_CHUNK, err)) > 0) {
		digest_add(digest, chunk, (size_t)len);
		if (path_write_all(fd, (struct slice){ chunk, (size_t)len }))
			return incoming_fail(file, errno, err);
	}
	return len < 0 ? -1 : 0;
}

static int write_to(struct job *job, int fd, const char *file, struct context_file_facts *ret_facts,
		    struct error *err)
{
	AUTO(digest_release) struct digest digest = { 0 };

	if (digest_init(&digest, err) || job_open_context(job, err) ||
	    copy(job->context, fd, file, &digest, err))
		return -1;
	ret_facts->stats = context_stats(job->context);
	ret_facts->digest = digest_finish(&digest);
	return 0;
}

/* Beside it first, so that it is there whole or not at all. */
static int replace(struct job *job, const char *file, struct context_file_facts *ret_facts,
		   struct error *err)
{
	AUTO(incoming_release) struct incoming incoming = INCOMING_INIT;
	AUTOFREE char *folder = path_folder(file, err);

	if (!folder || incoming_open(folder, 0666, &incoming, err) ||
	    write_to(job, incoming.fd, file, ret_facts, err))
		return -1;
	return incoming_place(&incoming, file, err);
}

static int write_into(struct job *job, const char *file, struct context_file_facts *ret_facts,
		      struct error *err)
{
	AUTOCLOSE int fd = open(file, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? incoming_fail(file, errno, err) : write_to(job, fd, file, ret_facts, err);
}

static int write_file(struct job *job, const char *file, struct context_file_facts *ret_facts,
		      struct error *err)
{
	AUTOFREE char *target = realpath(file, NULL); /* behind symbolic links */
	struct stat st;

	if (!strcmp(file, CONTEXT_FILE_STDOUT))
		return write_to(job, STDOUT_FILENO, "standard output", ret_facts, err);
	if (target && !stat(target, &st) && !S_ISREG(st.st_mode))
		return write_into(job, file, ret_facts, err);
	return replace(job, target ? target : file, ret_facts, err);
}

int context_file_write(struct job *job, const char *file, struct context_file_facts *ret_facts,
		       struct error *err)
{
	struct context_file_facts facts = { 0 };
	struct step step;

	if (!step_is_dry(job, "context", "write the context to '%s'", file)) {
		step = step_start(job, "context", NULL);
		if (write_file(job, file, &facts, err))
			return step_fail(&step);
		step_done(&step, file);
	}
	*ret_facts = facts;
	return 0;
}
