/* SPDX-License-Identifier: MIT */
#include "flow/build/cache.h"

#include <string.h>

#include "image/reference.h"

void cache_release(struct cache *cache)
{
	for (size_t i = 0; i < cache->attrs.len; i++) {
		char *value = cache->attrs.entries[i].value;

		secret_wipe(value, strlen(value));
	}
	strmap_release(&cache->attrs);
	free(cache->type);
	*cache = (struct cache){ 0 };
}

static int check_ref(const char *text, struct error *err)
{
	AUTO(reference_release) struct reference reference = { 0 };

	return reference_parse(text, &reference, err);
}

static int check(const struct cache *cache, enum cache_way way, struct error *err)
{
	const char *ref = strmap_get(&cache->attrs, "ref");

	if (str_equal(cache->type, "registry"))
		return ref ? check_ref(ref, err)
			   : error_set(err, ERROR_INPUT, "type=registry needs ref=REF");
	if (str_equal(cache->type, "gha"))
		return 0;
	if (way == CACHE_TO && str_equal(cache->type, "inline"))
		return 0;
	return error_set(err, ERROR_INPUT, "expected type=registry%s or type=gha, not '%s'",
			 way == CACHE_TO ? ", type=inline" : "", cache->type ? cache->type : "");
}

static int parse_part(struct slice part, struct cache *cache, struct error *err)
{
	AUTOFREE char *name = NULL, *value = NULL;
	struct slice cut;

	if (!memchr(part.data, '=', part.len) || part.data[0] == '=' ||
	    !slice_cut(&part, '=', &cut))
		return error_set(err, ERROR_INPUT, "expected NAME=VALUE between the commas");
	if (slice_is(cut, "token")) {
		error_set(err, ERROR_INPUT, "a token does not stand here");
		return error_hint(err, "it is taken from the variable ACTIONS_RUNTIME_TOKEN");
	}
	name = str_copy_slice(cut, err);
	value = str_copy_slice(part, err);
	if (!name || !value)
		return -1;
	if (!strcmp(name, "type"))
		return str_replace(&cache->type, value, err);
	return strmap_set(&cache->attrs, name, value, err);
}

int cache_parse(const char *text, enum cache_way way, struct cache *ret_cache, struct error *err)
{
	AUTO(cache_release) struct cache cache = { 0 };
	struct slice rest = slice_of(text), part;

	if (strchr(text, '=')) {
		while (slice_cut(&rest, ',', &part))
			if (parse_part(part, &cache, err))
				return -1;
	} else if (way == CACHE_FROM) {
		if (str_replace(&cache.type, "registry", err) ||
		    strmap_set(&cache.attrs, "ref", text, err))
			return -1;
	} else if (str_replace(&cache.type, text, err)) {
		return -1;
	}
	if (check(&cache, way, err))
		return -1;
	*ret_cache = cache;
	cache = (struct cache){ 0 };
	return 0;
}

void cache_list_release(struct cache_list *list)
{
	for (size_t i = 0; i < list->len; i++)
		cache_release(&list->caches[i]);
	free(list->caches);
	free(list->items);
	*list = (struct cache_list){ 0 };
}

/* Sets `name` from the first of two variables that is there, unless it is set. */
static int add_variable(struct cache *cache, const char *name, const char *const *variables,
			struct error *err)
{
	for (int i = 0; i < 2 && !strmap_get(&cache->attrs, name); i++) {
		const char *value = variables[i] ? getenv(variables[i]) : NULL;

		if (value && *value && strmap_set(&cache->attrs, name, value, err))
			return -1;
	}
	return 0;
}

/* 1: it can be used, 0: there is no job to give it address and token. */
static int add_job(struct cache *cache, struct error *err)
{
	static const char *const token[] = { "ACTIONS_RUNTIME_TOKEN", NULL };
	static const char *const url[] = { "ACTIONS_CACHE_URL", "ACTIONS_RESULTS_URL" };
	static const char *const results[] = { "ACTIONS_RESULTS_URL", NULL };
	const char *text = getenv("ACTIONS_CACHE_SERVICE_V2");
	bool is_second = false;

	if (text && *text && !str_to_bool(text, &is_second))
		is_second = true;
	if (str_equal(strmap_get(&cache->attrs, "version"), "2"))
		is_second = true;
	if (add_variable(cache, "token", token, err) || add_variable(cache, "url", url, err) ||
	    (is_second && add_variable(cache, "url_v2", results, err)))
		return -1;
	return strmap_get(&cache->attrs, "token") && strmap_get(&cache->attrs, "url");
}

/* Appends it unless it is of no use here. */
static int add(struct cache_list *list, const char *text, enum cache_way way,
	       struct event_sink *sink, struct error *err)
{
	AUTO(cache_release) struct cache cache = { 0 };
	int is_usable = 1;

	if (cache_parse(text, way, &cache, err))
		return -1;
	if (!strcmp(cache.type, "gha"))
		is_usable = add_job(&cache, err);
	if (is_usable < 0)
		return -1;
	if (!is_usable) {
		event_warning(sink, "the cache of GitHub is not used: ACTIONS_RUNTIME_TOKEN and "
				    "ACTIONS_RESULTS_URL are not in the environment");
		return 0;
	}
	list->caches[list->len] = cache;
	list->items[list->len].type = list->caches[list->len].type;
	list->items[list->len].attrs = &list->caches[list->len].attrs;
	list->len++;
	cache = (struct cache){ 0 };
	return 0;
}

int cache_list_open(const struct strv *texts, enum cache_way way, struct event_sink *sink,
		    struct cache_list *ret_list, struct error *err)
{
	AUTO(cache_list_release)
	struct cache_list list = {
		.caches = calloc(texts->len + 1, sizeof(*list.caches)),
		.items = calloc(texts->len + 1, sizeof(*list.items)),
	};

	if (!list.caches || !list.items)
		return error_set_memory(err);
	for (size_t i = 0; i < texts->len; i++)
		if (add(&list, texts->items[i], way, sink, err))
			return -1;
	*ret_list = list;
	list = (struct cache_list){ 0 };
	return 0;
}
