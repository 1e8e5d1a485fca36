/* SPDX-License-Identifier: MIT */
#include "flow/publish/direct-send.h"

#include "base/task.h"

struct sender {
	const struct bringing *bringing;
	struct task task;
	pthread_mutex_t lock;
	pthread_cond_t more;
	/* Under the lock. */
	struct registry_blob *blobs;
	struct registry_source *sources;
	size_t count;
	bool is_complete;
	bool has_failed;
	struct error err;
};

/* Waits for the blobs from the one at `at` on, and returns how many there are; 0: no more. */
static size_t await_blobs(struct sender *sender, size_t at)
{
	size_t count;

	pthread_mutex_lock(&sender->lock);
	while (sender->count == at && !sender->is_complete)
		pthread_cond_wait(&sender->more, &sender->lock);
	count = sender->count - at;
	pthread_mutex_unlock(&sender->lock);
	return count;
}

static void fail(struct sender *sender, const struct error *err)
{
	pthread_mutex_lock(&sender->lock);
	sender->err = *err;
	sender->has_failed = true;
	pthread_mutex_unlock(&sender->lock);
}

/* What has come while the ones before went up goes up side by side. */
static void work(void *arg)
{
	struct sender *sender = arg;
	const struct bringing *bringing = sender->bringing;
	struct registry_upload upload = { .sink = bringing->sink,
					  .step = bringing->step,
					  .image = bringing->image };
	struct error err = { 0 };

	for (size_t at = 0; (upload.count = await_blobs(sender, at)); at += upload.count) {
		upload.blobs = &sender->blobs[at];
		if (!registry_upload_blobs(bringing->registry, &upload, &err))
			continue;
		fail(sender, &err);
		return;
	}
}

struct sender *sender_new(const struct bringing *bringing, size_t most, struct error *err)
{
	struct sender *sender = calloc(1, sizeof(*sender));

	if (!sender) {
		error_set_memory(err);
		return NULL;
	}
	sender->bringing = bringing;
	sender->task = (struct task)TASK_INIT;
	sender->task.work = work;
	sender->task.arg = sender;
	pthread_mutex_init(&sender->lock, NULL);
	pthread_cond_init(&sender->more, NULL);
	sender->blobs = calloc(most, sizeof(*sender->blobs));
	sender->sources = calloc(most, sizeof(*sender->sources));
	if (!sender->blobs || !sender->sources) {
		error_set_memory(err);
		sender_free(sender);
		return NULL;
	}
	return sender;
}

static void complete(struct sender *sender)
{
	pthread_mutex_lock(&sender->lock);
	sender->is_complete = true;
	pthread_cond_signal(&sender->more);
	pthread_mutex_unlock(&sender->lock);
}

void sender_free(struct sender *sender)
{
	if (!sender)
		return;
	complete(sender);
	task_release(&sender->task);
	pthread_cond_destroy(&sender->more);
	pthread_mutex_destroy(&sender->lock);
	free(sender->blobs);
	free(sender->sources);
	free(sender);
}

void sender_freep(struct sender **sender)
{
	sender_free(*sender);
}

int sender_add(struct sender *sender, const char *digest, int64_t size,
	       struct registry_source source, struct error *err)
{
	struct registry_blob *blob;
	int status = 0;

	pthread_mutex_lock(&sender->lock);
	if (sender->has_failed) {
		*err = sender->err;
		status = -1;
	} else {
		sender->sources[sender->count] = source;
		blob = &sender->blobs[sender->count];
		*blob = (struct registry_blob){ .digest = digest, .size = size };
		registry_blob_read_from(blob, &sender->sources[sender->count]);
		sender->count++;
		pthread_cond_signal(&sender->more);
	}
	pthread_mutex_unlock(&sender->lock);
	if (status || sender->task.is_running)
		return status;
	return task_start(&sender->task, err);
}

int sender_finish(struct sender *sender, struct error *err)
{
	complete(sender);
	if (task_await(&sender->task, err))
		return -1;
	if (!sender->has_failed)
		return 0;
	*err = sender->err;
	return -1;
}
