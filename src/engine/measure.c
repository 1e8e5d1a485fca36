/* SPDX-License-Identifier: MIT */
#include "base/limits.h"
#include "engine/api.h"

/* The history is newest first and does not tell which entries without bytes made a
 * layer, so that the upper layers are taken to be those of the newest with bytes. */
static int64_t sum_upper(const struct json *history, size_t count)
{
	int64_t sum = 0;

	for (struct json *entry = json_first(history); entry && count; entry = json_next(entry)) {
		int64_t size = json_int(json_get(entry, "Size"), 0);

		if (size <= 0)
			continue;
		sum += size;
		count--;
	}
	return sum;
}

int api_measure_layers(struct engine *engine, const char *id, size_t count, int64_t *ret_bytes,
		       struct error *err)
{
	AUTO(buf_release) struct buf url = API_URL_INIT;
	AUTO(json_freep) struct json *history = NULL;
	struct api *api = api_of(engine);

	if (!api_is_podman(api) && api_learn_store(api, err))
		return -1;
	api_url(api, &url, "/images/", id, "/history");
	if (api_get(api, &url, &history, err))
		return -1;
	*ret_bytes = sum_upper(history, count);
	return 0;
}
