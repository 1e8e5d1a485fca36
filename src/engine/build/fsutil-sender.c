/* SPDX-License-Identifier: MIT */
#include "engine/build/fsutil-sender.h"

#include <stdlib.h>

#include "base/str.h"
#include "context/files.h"
#include "engine/build/fsutil.h"

struct fsutil_sender {
	struct context_files *files;
	size_t count;
	size_t next_stat; /* `count`: the empty one; beyond: all were given */
	unsigned char *was_asked;
	/* IDs in the order of their requests; `first` is the one under way. */
	uint32_t *requests;
	size_t first, end, capacity;
	bool is_started; /* the first one's content */
	bool has_fin;	 /* the receiver's */
	bool is_over;
	struct fsutil_progress progress;
	char chunk[LIMIT_CHUNK];
};

int fsutil_sender_new(struct context_files *files, struct fsutil_sender **ret_sender,
		      struct error *err)
{
	AUTO(fsutil_sender_freep) struct fsutil_sender *sender = calloc(1, sizeof(*sender));

	if (!sender) {
		context_files_free(files);
		return error_set_memory(err);
	}
	sender->files = files;
	sender->count = context_files_count(files);
	sender->was_asked = calloc(1, sender->count + 1);
	if (!sender->was_asked)
		return error_set_memory(err);
	*ret_sender = TAKE(sender);
	return 0;
}

void fsutil_sender_free(struct fsutil_sender *sender)
{
	if (!sender)
		return;
	context_files_free(sender->files);
	free(sender->was_asked);
	free(sender->requests);
	free(sender);
}

void fsutil_sender_freep(struct fsutil_sender **sender)
{
	fsutil_sender_free(*sender);
}

static int queue_request(struct fsutil_sender *sender, uint32_t id, struct error *err)
{
	if (sender->end == sender->capacity) {
		size_t capacity = 2 * sender->capacity + 64;
		uint32_t *requests = reallocarray(sender->requests, capacity, sizeof(*requests));

		if (!requests)
			return error_set_memory(err);
		sender->requests = requests;
		sender->capacity = capacity;
	}
	sender->requests[sender->end++] = id;
	sender->was_asked[id] = true;
	sender->progress.total += context_files_size(sender->files, id);
	return 0;
}

/* Only what was announced, has content, and was not asked for before. */
static int take_request(struct fsutil_sender *sender, uint32_t id, struct error *err)
{
	const char *reason = NULL;

	if (id >= sender->count || id >= sender->next_stat)
		reason = "was not announced";
	else if (!context_files_has_content(sender->files, id))
		reason = "is no file";
	else if (sender->was_asked[id])
		reason = "was asked for before";
	else if (sender->has_fin)
		reason = "comes behind the end";
	if (reason)
		return error_set(err, ERROR_PROTOCOL,
				 "BuildKit asks for entry %u of the context, which %s", id, reason);
	return queue_request(sender, id, err);
}

int fsutil_sender_take(struct fsutil_sender *sender, struct slice message, struct error *err)
{
	struct fsutil_packet packet;

	if (fsutil_decode(message, &packet, err))
		return error_wrap(err, "a packet of BuildKit's for the context");
	switch (packet.type) {
	case FSUTIL_REQ:
		return take_request(sender, packet.id, err);
	case FSUTIL_FIN:
		sender->has_fin = true;
		return 0;
	case FSUTIL_ERR:
		return error_set(err, ERROR_BUILD, "BuildKit cannot take the context: %s",
				 str_brief(slice_trim(packet.data)).text);
	case FSUTIL_STAT:
	case FSUTIL_DATA:
		return error_set(err, ERROR_PROTOCOL,
				 "BuildKit sends files instead of taking them");
	default:
		return 0;
	}
}

static int give_stat(struct fsutil_sender *sender, struct buf *out, struct error *err)
{
	struct fsutil_packet packet = { .type = FSUTIL_STAT };
	struct context_file file;

	if (sender->next_stat < sender->count) {
		if (context_files_get(sender->files, sender->next_stat, &file, err))
			return -1;
		packet.has_stat = true;
		packet.stat = (struct fsutil_stat){
			.path = slice_of(file.path),
			.mode = file.mode,
			.size = file.size,
			.mtime_ns = file.mtime.tv_sec * 1000000000 + file.mtime.tv_nsec,
			.target = slice_of(file.target),
		};
		if (file.kind == TREE_FOLDER)
			packet.stat.mode |= FSUTIL_MODE_FOLDER;
		else if (file.kind == TREE_SYMLINK)
			packet.stat.mode |= FSUTIL_MODE_SYMLINK;
	}
	fsutil_encode(out, &packet);
	sender->next_stat++;
	return 1;
}

/* The next piece of the first request; an empty one ends it. */
static int give_data(struct fsutil_sender *sender, struct buf *out, struct error *err)
{
	struct fsutil_packet packet = {
		.type = FSUTIL_DATA,
		.id = sender->requests[sender->first],
	};
	ssize_t len;

	if (!sender->is_started && context_files_start(sender->files, packet.id, err))
		return -1;
	sender->is_started = true;
	len = context_files_read(sender->files, sender->chunk, sizeof(sender->chunk), err);
	if (len < 0)
		return -1;
	packet.data = (struct slice){ sender->chunk, (size_t)len };
	fsutil_encode(out, &packet);
	sender->progress.bytes += len;
	if (!len) {
		sender->is_started = false;
		sender->first++;
	}
	return 1;
}

int fsutil_sender_give(struct fsutil_sender *sender, struct buf *out, struct error *err)
{
	int status = 0;

	if (sender->is_over)
		return 0;
	if (sender->has_fin) {
		fsutil_encode(out, &(struct fsutil_packet){ .type = FSUTIL_FIN });
		sender->is_over = true;
		status = 1;
	} else if (sender->next_stat <= sender->count) {
		status = give_stat(sender, out, err);
	} else if (sender->first < sender->end) {
		status = give_data(sender, out, err);
	}
	return status <= 0 || !buf_check(out, "a packet of the context", err) ? status : -1;
}

void fsutil_sender_give_up(const struct error *why, struct buf *out)
{
	fsutil_encode(out, &(struct fsutil_packet){
				   .type = FSUTIL_ERR,
				   .data = slice_of(why->message),
			   });
}

bool fsutil_sender_was_ended(const struct fsutil_sender *sender)
{
	return sender->has_fin;
}

bool fsutil_sender_is_over(const struct fsutil_sender *sender)
{
	return sender->is_over;
}

struct fsutil_progress fsutil_sender_progress(const struct fsutil_sender *sender)
{
	return sender->progress;
}
