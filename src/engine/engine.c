/* SPDX-License-Identifier: MIT */
#include "engine/engine.h"

#include <stdlib.h>

#include "image/platform.h"

int engine_watch_next(struct engine_watch *watch, int64_t wait_ms, struct engine_event *ret_event,
		      struct error *err)
{
	return watch->next(watch, wait_ms, ret_event, err);
}

void engine_watch_free(struct engine_watch *watch)
{
	if (watch)
		watch->free(watch);
}

void engine_info_release(struct engine_info *info)
{
	free(info->url);
	free(info->version);
	free(info->api_version);
	free(info->platform);
	*info = (struct engine_info){ 0 };
}

int engine_set_platform(struct engine *engine, const char *text, struct error *err)
{
	AUTO(platform_release) struct platform platform = { 0 }, host = { 0 };

	if (platform_of_host(&host, err))
		return -1;
	if (platform_parse(text, &platform, err)) {
		if (error_is(err, ERROR_INPUT))
			err->kind = ERROR_PROTOCOL;
		return error_wrap(err, "the engine at %s", engine->info.url);
	}
	/* Of our own processor only we may know the variant. */
	return platform_matches(&host, &platform) ? 0
						  : str_replace(&engine->info.platform, text, err);
}

int engine_find_image(struct engine *engine, const char *reference, struct engine_image *ret_image,
		      struct error *err)
{
	if (!engine->ops->inspect_image(engine, reference, ret_image, err))
		return 1;
	if (!error_is(err, ERROR_NOT_FOUND))
		return -1;
	error_clear(err);
	return 0;
}

void engine_image_release(struct engine_image *image)
{
	free(image->id);
	free(image->parent);
	free(image->created);
	strv_release(&image->tags);
	strv_release(&image->digests);
	strmap_release(&image->labels);
	strv_release(&image->env);
	strv_release(&image->layers);
	strv_release(&image->shell);
	strv_release(&image->health_test);
	free(image->os);
	free(image->architecture);
	free(image->variant);
	free(image->user);
	*image = (struct engine_image){ 0 };
}

void engine_image_list_release(struct engine_image_list *list)
{
	for (size_t i = 0; i < list->len; i++)
		engine_image_release(&list->items[i]);
	free(list->items);
	*list = (struct engine_image_list){ 0 };
}

void engine_container_release(struct engine_container *container)
{
	free(container->id);
	free(container->image_id);
	free(container->image_name);
	free(container->name);
	free(container->state);
	strmap_release(&container->labels);
	*container = (struct engine_container){ 0 };
}

void engine_container_list_release(struct engine_container_list *list)
{
	for (size_t i = 0; i < list->len; i++)
		engine_container_release(&list->items[i]);
	free(list->items);
	*list = (struct engine_container_list){ 0 };
}

void engine_container_state_release(struct engine_container_state *state)
{
	free(state->status);
	free(state->error);
	free(state->health);
	free(state->health_output);
	*state = (struct engine_container_state){ 0 };
}
