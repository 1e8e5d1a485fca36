/* SPDX-License-Identifier: MIT */
/*
 * A ring of blocks: the caller fills them in order, threads pack them in any
 * order, the caller gives them to the sink in order. `filled`, `taken` and
 * `given` count blocks; a block stands at its number modulo the ring's size,
 * and given <= taken <= filled <= given + size.
 */
#include <pthread.h>
#include <signal.h>

#include "base/host.h"
#include "codec/compress-block.h"

struct compressor {
	enum compression compression;
	const struct block_packer *packer; /* NULL: nothing is packed */
	compressor_sink *sink;
	void *sink_arg;
	size_t packed_max;
	unsigned ring_size; /* two a thread, so that none waits for the caller */
	struct block ring[LIMIT_COMPRESS_BLOCKS];
	pthread_t threads[LIMIT_COMPRESS_THREADS];
	unsigned thread_count, thread_limit;
	/* The caller's own. */
	uint64_t given;
	uint64_t raw_total;
	uint32_t crc;
	bool has_begun;
	/* Under the lock, as is each block's is_done. */
	pthread_mutex_t lock;
	pthread_cond_t work, done;
	uint64_t filled, taken;
	bool is_ending;
};

static struct block *block_at(struct compressor *compressor, uint64_t number)
{
	return &compressor->ring[number % compressor->ring_size];
}

static const struct block_packer *packer_of(enum compression compression)
{
	switch (compression) {
	case COMPRESSION_GZIP:
		return &block_packer_gzip;
	case COMPRESSION_ZSTD:
		return &block_packer_zstd;
	case COMPRESSION_NONE:
		break;
	}
	return NULL;
}

void compressor_limit_threads(struct compressor *compressor, int count)
{
	compressor->thread_limit = count < 1			    ? 1
				   : count > LIMIT_COMPRESS_THREADS ? LIMIT_COMPRESS_THREADS
								    : (unsigned)count;
	compressor->ring_size = 2 * compressor->thread_limit;
}

int compressor_new(enum compression compression, compressor_sink *sink, void *sink_arg,
		   struct compressor **ret_compressor, struct error *err)
{
	const struct block_packer *packer = packer_of(compression);
	struct compressor *compressor;

	if (packer && !packer->open)
		return error_set(err, ERROR_UNSUPPORTED, "this git-image was built without zstd");
	compressor = calloc(1, sizeof(*compressor));
	if (!compressor)
		return error_set_memory(err);
	compressor->compression = compression;
	compressor->packer = packer;
	compressor->sink = sink;
	compressor->sink_arg = sink_arg;
	if (packer)
		compressor->packed_max = packer->max(LIMIT_COMPRESS_BLOCK);
	compressor_limit_threads(compressor, host_processor_count());
	pthread_mutex_init(&compressor->lock, NULL);
	pthread_cond_init(&compressor->work, NULL);
	pthread_cond_init(&compressor->done, NULL);
	*ret_compressor = compressor;
	return 0;
}

void compressor_free(struct compressor *compressor)
{
	if (!compressor)
		return;
	pthread_mutex_lock(&compressor->lock);
	compressor->is_ending = true;
	pthread_cond_broadcast(&compressor->work);
	pthread_mutex_unlock(&compressor->lock);
	for (unsigned i = 0; i < compressor->thread_count; i++)
		pthread_join(compressor->threads[i], NULL);
	for (size_t i = 0; i < ARRAY_SIZE(compressor->ring); i++) {
		free(compressor->ring[i].raw);
		free(compressor->ring[i].packed);
	}
	pthread_cond_destroy(&compressor->done);
	pthread_cond_destroy(&compressor->work);
	pthread_mutex_destroy(&compressor->lock);
	free(compressor);
}

void compressor_freep(struct compressor **compressor)
{
	compressor_free(*compressor);
}

static void pack(struct compressor *compressor, void *state, struct block *block)
{
	block->has_failed =
		!state || !compressor->packer->pack(state, block, compressor->packed_max);
}

/* Awaits a block that is filled; NULL once it ends, whatever is left then. */
static struct block *take(struct compressor *compressor)
{
	struct block *block = NULL;

	pthread_mutex_lock(&compressor->lock);
	while (compressor->taken == compressor->filled && !compressor->is_ending)
		pthread_cond_wait(&compressor->work, &compressor->lock);
	if (!compressor->is_ending)
		block = block_at(compressor, compressor->taken++);
	pthread_mutex_unlock(&compressor->lock);
	return block;
}

static void *run(void *arg)
{
	struct compressor *compressor = arg;
	void *state = compressor->packer->open();
	struct block *block;

	while ((block = take(compressor))) {
		pack(compressor, state, block);
		pthread_mutex_lock(&compressor->lock);
		block->is_done = true;
		pthread_cond_signal(&compressor->done);
		pthread_mutex_unlock(&compressor->lock);
	}
	compressor->packer->close(state);
	return NULL;
}

/* One more, up to the limit; signals are for the other threads. */
static int add_thread(struct compressor *compressor, struct error *err)
{
	pthread_t *thread = &compressor->threads[compressor->thread_count];
	sigset_t all, before;
	int outcome;

	if (compressor->thread_count == compressor->thread_limit)
		return 0;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	outcome = pthread_create(thread, NULL, run, compressor);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!outcome)
		compressor->thread_count++;
	else if (!compressor->thread_count)
		return error_set_errno(err, outcome, "cannot start a thread that compresses");
	return 0;
}

static int give(struct compressor *compressor, const void *data, size_t len, struct error *err)
{
	return len ? compressor->sink(compressor->sink_arg, data, len, err) : 0;
}

static int begin(struct compressor *compressor, struct error *err)
{
	if (compressor->has_begun)
		return 0;
	compressor->has_begun = true;
	if (compressor->compression != COMPRESSION_GZIP)
		return 0;
	return give(compressor, gzip_header, sizeof(gzip_header), err);
}

static int give_block(struct compressor *compressor, struct block *block, struct error *err)
{
	if (block->has_failed)
		return error_set(err, ERROR_SYSTEM, "%s cannot compress, perhaps without memory",
				 compressor->compression == COMPRESSION_GZIP ? "gzip" : "zstd");
	if (compressor->compression == COMPRESSION_GZIP)
		compressor->crc = gzip_crc_add(compressor->crc, block);
	compressor->raw_total += block->raw_len;
	if (begin(compressor, err) || give(compressor, block->packed, block->packed_len, err))
		return -1;
	compressor->given++;
	block->raw_len = 0;
	block->is_done = false;
	return 0;
}

/* Gives what is done, in order, and waits for it until at most `left` are under way. */
static int collect(struct compressor *compressor, uint64_t left, struct error *err)
{
	for (;;) {
		struct block *block = block_at(compressor, compressor->given);
		bool is_done = false;

		pthread_mutex_lock(&compressor->lock);
		while (compressor->filled - compressor->given > left && !block->is_done)
			pthread_cond_wait(&compressor->done, &compressor->lock);
		is_done = compressor->filled > compressor->given && block->is_done;
		pthread_mutex_unlock(&compressor->lock);
		if (!is_done)
			return 0;
		if (give_block(compressor, block, err))
			return -1;
	}
}

static int submit(struct compressor *compressor, struct error *err)
{
	if (add_thread(compressor, err))
		return -1;
	pthread_mutex_lock(&compressor->lock);
	compressor->filled++;
	pthread_cond_signal(&compressor->work);
	pthread_mutex_unlock(&compressor->lock);
	/* The next one to fill must be free. */
	return collect(compressor, compressor->ring_size - 1, err);
}

/* Only the caller counts `filled` up, and the block there is its own. */
static struct block *current_block(struct compressor *compressor, struct error *err)
{
	struct block *block = block_at(compressor, compressor->filled);

	if (!block->raw)
		block->raw = malloc(LIMIT_COMPRESS_BLOCK);
	if (!block->packed)
		block->packed = malloc(compressor->packed_max);
	if (block->raw && block->packed)
		return block;
	error_set_memory(err);
	return NULL;
}

int compressor_write(struct compressor *compressor, const void *data, size_t len, struct error *err)
{
	struct slice rest = { data, len };

	if (!compressor->packer)
		return give(compressor, data, len, err);
	while (rest.len) {
		struct block *block = current_block(compressor, err);
		size_t step;

		if (!block)
			return -1;
		step = LIMIT_COMPRESS_BLOCK - block->raw_len;
		if (step > rest.len)
			step = rest.len;
		memcpy(block->raw + block->raw_len, rest.data, step);
		block->raw_len += step;
		rest = slice_skip(rest, step);
		if (block->raw_len == LIMIT_COMPRESS_BLOCK && submit(compressor, err))
			return -1;
	}
	return 0;
}

/* The one block of a small content is not worth a thread. */
static int pack_here(struct compressor *compressor, struct error *err)
{
	struct block *block = current_block(compressor, err);
	void *state;

	if (!block)
		return -1;
	state = compressor->packer->open();
	pack(compressor, state, block);
	if (state)
		compressor->packer->close(state);
	return give_block(compressor, block, err);
}

static int finish_blocks(struct compressor *compressor, struct error *err)
{
	if (!compressor->thread_count)
		return pack_here(compressor, err);
	if (block_at(compressor, compressor->filled)->raw_len && submit(compressor, err))
		return -1;
	return collect(compressor, 0, err);
}

int compressor_finish(struct compressor *compressor, struct error *err)
{
	uint8_t trailer[GZIP_TRAILER_LEN];

	if (!compressor->packer)
		return 0;
	if (finish_blocks(compressor, err))
		return -1;
	if (compressor->compression != COMPRESSION_GZIP)
		return 0;
	gzip_trailer(compressor->crc, compressor->raw_total, trailer);
	return give(compressor, trailer, sizeof(trailer), err);
}
