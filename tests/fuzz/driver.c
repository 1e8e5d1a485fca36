/* SPDX-License-Identifier: MIT */
/* [ROUNDS]: mutations of the seeds, as TAP; a crash or a sanitizer ends it. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS	   20000
#define INPUT_SIZE 512

static uint32_t state = 1;

static uint32_t below(uint32_t limit)
{
	state = state * 1103515245 + 12345;
	return (state >> 16) % limit;
}

static size_t seed_count(void)
{
	size_t count = 0;

	while (fuzz_seeds[count])
		count++;
	return count;
}

/* Cuts a piece out, or puts one of any seed or a random byte in. */
static size_t mutate(uint8_t *input, size_t len)
{
	size_t at = below((uint32_t)len + 1), piece = below(8);
	const char *seed = fuzz_seeds[below((uint32_t)seed_count())];
	size_t from = below((uint32_t)strlen(seed) + 1);

	switch (below(3)) {
	case 0:
		if (piece > len - at)
			piece = len - at;
		memmove(input + at, input + at + piece, len - at - piece);
		return len - piece;
	case 1:
		if (at < len)
			input[at] = (uint8_t)below(256);
		return len;
	default:
		if (piece > strlen(seed) - from)
			piece = strlen(seed) - from;
		if (len + piece > INPUT_SIZE)
			return len;
		memmove(input + at + piece, input + at, len - at);
		memcpy(input + at, seed + from, piece);
		return len + piece;
	}
}

int main(int argc, char **argv)
{
	long rounds = argc > 1 ? (long)strtoull(argv[1], NULL, 10) : ROUNDS;
	uint8_t input[INPUT_SIZE];

	for (long i = 0; i < rounds; i++) {
		const char *seed = fuzz_seeds[below((uint32_t)seed_count())];
		size_t len = strlen(seed);
		uint8_t *exact;

		memcpy(input, seed, len);
		for (uint32_t n = below(12); n; n--)
			len = mutate(input, len);
		/* Of its very size, so that a read behind its end is seen. */
		exact = malloc(len ? len : 1);
		if (!exact)
			return 1;
		memcpy(exact, input, len);
		LLVMFuzzerTestOneInput(exact, len);
		free(exact);
	}
	printf("1..1\nok 1 - %ld inputs\n", rounds);
	return 0;
}
