/* SPDX-License-Identifier: MIT */
#include "pipe.h"

#include <assert.h>
#include <stdint.h>

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static ssize_t read_pipe(struct channel *channel, void *data, size_t len, struct error *err)
{
	struct pipe_end *end = (struct pipe_end *)channel;

	(void)err;
	len = least(least(len, end->piece), least(end->in.len, end->left));
	if (!len)
		return end->peer && end->left ? CHANNEL_AGAIN : 0;
	memcpy(data, end->in.data, len);
	buf_consume(&end->in, len);
	end->left -= len;
	return (ssize_t)len;
}

static ssize_t write_pipe(struct channel *channel, const void *data, size_t len, struct error *err)
{
	struct pipe_end *end = (struct pipe_end *)channel;

	if (!end->peer)
		return error_set(err, ERROR_UNREACHABLE, "nobody reads");
	len = least(least(len, end->piece), end->peer->capacity - end->peer->in.len);
	if (!len)
		return CHANNEL_AGAIN;
	buf_add(&end->peer->in, data, len);
	assert(!end->peer->in.has_failed);
	return (ssize_t)len;
}

static void free_pipe(struct channel *channel)
{
	struct pipe_end *end = (struct pipe_end *)channel;

	if (end->peer)
		end->peer->peer = NULL;
	buf_release(&end->in);
	free(end);
}

static const struct channel_ops ops = {
	.read = read_pipe,
	.write = write_pipe,
	.free = free_pipe,
};

static struct pipe_end *make(void)
{
	struct pipe_end *end = calloc(1, sizeof(*end));

	assert(end);
	end->base.ops = &ops;
	end->capacity = 64 * KIB;
	end->piece = SIZE_MAX;
	end->left = SIZE_MAX;
	buf_init(&end->in, SIZE_MAX / 2);
	return end;
}

void pipe_make(struct pipe_end **ret_a, struct pipe_end **ret_b)
{
	*ret_a = make();
	*ret_b = make();
	(*ret_a)->peer = *ret_b;
	(*ret_b)->peer = *ret_a;
}
