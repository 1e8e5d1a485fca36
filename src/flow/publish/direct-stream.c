/* SPDX-License-Identifier: MIT */
#include "flow/publish/direct-stream.h"

#include <errno.h>
#include <unistd.h>

#include "base/task.h"
#include "registry/blob.h"
#include "registry/stream.h"

/* With so many bytes left once its digest is known, it is worth asking who has it. */
#define LOOK_FROM (8 * (int64_t)MIB)

struct layer_stream {
	const struct bringing *bringing;
	struct registry *registry;
	struct task task;
	int fd;
	pthread_mutex_t lock;
	pthread_cond_t more;
	/* Under the lock. */
	int64_t size;
	const struct packed *packed; /* NULL: it is still being packed */
	bool is_abandoned;
	bool has_ended;
	/* The thread's until it has ended. */
	struct registry_stream blob;
	int64_t sent;
	int64_t told_at_ms;
	bool has_looked; /* whether the registry has it already */
	bool is_there;
};

/* Waits until there are so many bytes more, or no more come; returns how many there are. */
static ssize_t await_more(struct layer_stream *stream, size_t len, struct error *err)
{
	bool is_abandoned;
	int64_t count;

	pthread_mutex_lock(&stream->lock);
	while (stream->size - stream->sent < (int64_t)len && !stream->packed &&
	       !stream->is_abandoned)
		pthread_cond_wait(&stream->more, &stream->lock);
	is_abandoned = stream->is_abandoned;
	count = stream->size - stream->sent;
	stream->blob.digest = stream->packed ? stream->packed->digest.text : NULL;
	pthread_mutex_unlock(&stream->lock);
	if (is_abandoned)
		return error_set(err, ERROR_INTERRUPTED, "the layer is not wanted any more");
	return count < (int64_t)len ? (ssize_t)count : (ssize_t)len;
}

/* Before it is packed its digest and size are not known to anybody. */
static void tell(struct layer_stream *stream, int64_t total)
{
	const struct bringing *bringing = stream->bringing;

	if (stream->sent < total && !event_is_due(&stream->told_at_ms))
		return;
	event_emit(bringing->sink, &(struct event){ .type = EVENT_PROGRESS,
						    .step = bringing->step,
						    .image = bringing->image,
						    .subject = stream->blob.digest,
						    .bytes = stream->sent,
						    .total = total });
}

/* Had the digest been known before, nothing of it would have been sent. */
static int look(struct layer_stream *stream, struct error *err)
{
	AUTO(registry_freep) struct registry *registry = NULL;
	struct registry_blob blob = { .digest = stream->blob.digest, .size = stream->size };
	struct registry_upload upload = { .blobs = &blob, .count = 1 };
	struct error ignored = { 0 };

	stream->has_looked = true;
	if (stream->size - stream->sent < LOOK_FROM)
		return 0;
	if (registry_open_for_stream(stream->bringing->registry, &registry, &ignored) ||
	    registry_upload_blobs(registry, &upload, &ignored))
		return 0;
	stream->is_there = blob.outcome == REGISTRY_BLOB_THERE;
	return stream->is_there ? error_set(err, ERROR_INTERRUPTED, "the layer is there") : 0;
}

static ssize_t read_behind(void *arg, void *data, size_t len, struct error *err)
{
	struct layer_stream *stream = arg;
	ssize_t want = await_more(stream, len, err), count;

	if (want <= 0)
		return want;
	if (stream->blob.digest && !stream->has_looked && look(stream, err))
		return -1;
	do
		count = pread(stream->fd, data, (size_t)want, stream->sent);
	while (count < 0 && errno == EINTR);
	if (count <= 0)
		return error_set_errno(err, count ? errno : EIO, "cannot read its file");
	stream->sent += count;
	if (stream->blob.digest)
		tell(stream, stream->size);
	return count;
}

static void work(void *arg)
{
	struct layer_stream *stream = arg;
	struct error ignored = { 0 };

	if (!registry_stream_blob(stream->registry, &stream->blob, &ignored))
		stream->is_there = true;
	pthread_mutex_lock(&stream->lock);
	stream->has_ended = true;
	pthread_mutex_unlock(&stream->lock);
}

struct layer_stream *layer_stream_start(const struct bringing *bringing, int fd)
{
	struct layer_stream *stream = calloc(1, sizeof(*stream));
	struct error ignored = { 0 };

	if (!stream)
		return NULL;
	stream->bringing = bringing;
	stream->fd = fd;
	stream->blob = (struct registry_stream){ .read = read_behind, .arg = stream };
	stream->task = (struct task)TASK_INIT;
	stream->task.work = work;
	stream->task.arg = stream;
	pthread_mutex_init(&stream->lock, NULL);
	pthread_cond_init(&stream->more, NULL);
	if (!registry_open_for_stream(bringing->registry, &stream->registry, &ignored) &&
	    !task_start(&stream->task, &ignored))
		return stream;
	layer_stream_free(stream);
	return NULL;
}

void layer_stream_free(struct layer_stream *stream)
{
	if (!stream)
		return;
	pthread_mutex_lock(&stream->lock);
	stream->is_abandoned = true;
	pthread_cond_signal(&stream->more);
	pthread_mutex_unlock(&stream->lock);
	task_release(&stream->task);
	registry_free(stream->registry);
	pthread_cond_destroy(&stream->more);
	pthread_mutex_destroy(&stream->lock);
	free(stream);
}

static void make_known(struct layer_stream *stream, int64_t size, const struct packed *packed)
{
	pthread_mutex_lock(&stream->lock);
	stream->size = size;
	stream->packed = packed;
	pthread_cond_signal(&stream->more);
	pthread_mutex_unlock(&stream->lock);
}

void layer_stream_grow(struct layer_stream *stream, int64_t size)
{
	make_known(stream, size, NULL);
}

void layer_stream_complete(struct layer_stream *stream, const struct packed *packed)
{
	make_known(stream, packed->size, packed);
}

bool layer_stream_has_ended(struct layer_stream *stream)
{
	bool has_ended;

	pthread_mutex_lock(&stream->lock);
	has_ended = stream->has_ended;
	pthread_mutex_unlock(&stream->lock);
	return has_ended;
}

int layer_stream_await(struct layer_stream *stream, const struct packed **ret_left,
		       struct error *err)
{
	if (task_await(&stream->task, err))
		return -1;
	*ret_left = stream->is_there ? NULL : stream->packed;
	return 0;
}
