/* SPDX-License-Identifier: MIT */
#include "flow/index/index-place.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/time.h"
#include "layout/incoming.h"

/* A file is read and another one is placed: nobody holds the lock for long. */
#define LOCK_WAIT_MS 10000
#define LOCK_LOOK_US 10000

/* Several users may share it, so files get what the umask leaves. */
struct folder_place {
	struct index_place place; /* first, so that a pointer to it is one to this */
	char *folder;		  /* of the image */
	int lock_fd;
};

static struct folder_place *own(struct index_place *place)
{
	return (struct folder_place *)place;
}

static void folder_free(struct index_place *place)
{
	struct folder_place *self = own(place);

	cleanup_close(&self->lock_fd);
	free(self->folder);
	free(self);
}

static int await_lock(const struct folder_place *self, int fd, struct error *err)
{
	int64_t deadline = time_monotonic_ms() + LOCK_WAIT_MS;

	while (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return error_set_errno(err, errno, "cannot lock '%s'", self->folder);
		if (interrupt_check(err))
			return -1;
		if (time_monotonic_ms() >= deadline)
			return error_set(err, ERROR_CONFLICT, "another run holds the lock of '%s'",
					 self->folder);
		usleep(LOCK_LOOK_US);
	}
	return 0;
}

/* Of the folder itself, so that no file of ours is left in it. */
static int folder_lock(struct index_place *place, struct error *err)
{
	struct folder_place *self = own(place);
	AUTOCLOSE int fd = -1;

	if (path_make_folders(self->folder, 0777, err))
		return -1;
	fd = open(self->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_set_errno(err, errno, "cannot open '%s'", self->folder);
	if (await_lock(self, fd, err))
		return -1;
	self->lock_fd = TAKE_FD(fd);
	return 0;
}

static int folder_read(struct index_place *place, const char *entry, struct buf *ret_text,
		       struct error *err)
{
	AUTOFREE char *path = path_join(own(place)->folder, entry, err);

	if (!path)
		return -1;
	if (!path_read(path, ret_text, err))
		return 1;
	if (!error_is(err, ERROR_NOT_FOUND))
		return -1;
	error_clear(err);
	return 0;
}

static int folder_write(struct index_place *place, const char *entry, const char *text,
			struct error *err)
{
	AUTO(incoming_release) struct incoming incoming = INCOMING_INIT;
	AUTOFREE char *path = path_join(own(place)->folder, entry, err);
	AUTOFREE char *folder = path ? path_folder(path, err) : NULL;
	AUTOFREE char *line = folder ? str_format(err, "%s\n", text) : NULL;

	if (!line || path_make_folders(folder, 0777, err) ||
	    incoming_open(folder, 0666, &incoming, err))
		return -1;
	if (path_write_all(incoming.fd, slice_of(line)))
		return error_set_errno(err, errno, "cannot write '%s'", path);
	return incoming_place(&incoming, path, err);
}

static const struct index_place_ops folder_ops = {
	.lock = folder_lock,
	.read = folder_read,
	.write = folder_write,
	.free = folder_free,
};

int index_open_folder(const struct index_question *question, const char *name,
		      struct index_place **ret_place, struct error *err)
{
	struct folder_place *self;
	struct stat st;

	/* It may be a share that is not mounted: nothing is to go below it then. */
	if (stat(name, &st) || !S_ISDIR(st.st_mode))
		return error_set(err, ERROR_INPUT, "there is no folder '%s'", name);
	self = calloc(1, sizeof(*self));
	if (!self)
		return error_set_memory(err);
	*self = (struct folder_place){ .place = { &folder_ops, name }, .lock_fd = -1 };
	self->folder = path_join(name, question->image, err);
	if (!self->folder) {
		folder_free(&self->place);
		return -1;
	}
	*ret_place = &self->place;
	return 0;
}
