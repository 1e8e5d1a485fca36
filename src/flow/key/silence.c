/* SPDX-License-Identifier: MIT */
#include "flow/key/silence.h"

#include <pthread.h>

#include "base/str.h"

struct silence {
	pthread_mutex_t mutex;
	struct strv hosts;
};

struct silence *silence_new(struct error *err)
{
	struct silence *silence = calloc(1, sizeof(*silence));

	if (!silence) {
		error_set_memory(err);
		return NULL;
	}
	pthread_mutex_init(&silence->mutex, NULL);
	return silence;
}

void silence_free(struct silence *silence)
{
	if (!silence)
		return;
	strv_release(&silence->hosts);
	pthread_mutex_destroy(&silence->mutex);
	free(silence);
}

bool silence_has(struct silence *silence, const char *host)
{
	bool has;

	pthread_mutex_lock(&silence->mutex);
	has = strv_has(&silence->hosts, host);
	pthread_mutex_unlock(&silence->mutex);
	return has;
}

void silence_add(struct silence *silence, const char *host)
{
	struct error ignored = { 0 };

	pthread_mutex_lock(&silence->mutex);
	/* Without memory it is asked again. */
	if (!strv_has(&silence->hosts, host) && strv_add(&silence->hosts, host, &ignored))
		error_clear(&ignored);
	pthread_mutex_unlock(&silence->mutex);
}
