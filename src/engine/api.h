/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The real engine: one HTTP client, one agreed version, and the calls behind
 * the table of functions. Inside engine/ only.
 */
#include "codec/json.h"
#include "engine/engine.h"

struct podman_service;

struct api {
	struct engine engine; /* first, so that either is the other */
	struct http_client *http;
	char *prefix;			/* "http://engine/v1.41" */
	struct podman_service *service; /* NULL: not ours */
	bool has_learnt_store;
	bool has_learnt_platform;
};

static inline struct api *api_of(struct engine *engine)
{
	return (struct api *)engine;
}

static inline bool api_is_podman(const struct api *api)
{
	return api->engine.info.kind == ENGINE_PODMAN;
}

/* A URL is built in a buffer of this size; a failure shows when it is used. */
#define API_URL_INIT BUF_INIT(LIMIT_HEADER_LINE)

/* The version's prefix, `before`, `name` percent-encoded, `after`. */
void api_url(const struct api *api, struct buf *url, const char *before, const char *name,
	     const char *after);
/* Podman's own API, for what the Docker one does not tell. */
void api_libpod_url(struct buf *url, const char *before, const char *name, const char *after);
/* Adds "key=value", encoded; a NULL value is left out. */
void api_query(struct buf *url, const char *key, const char *value);
/* Adds the filter {"key":["value"]}. */
void api_filter(struct buf *url, const char *key, const char *value);

/* Sends and awaits; a status other than 2xx and 304 is an error with the
 * engine's message. `ret_response` may be NULL. */
int api_perform(struct api *api, const struct http_request *request,
		struct http_response *ret_response, struct error *err) CHECK;
/* Says who is meant in the error of an exchange that broke. */
int api_broken(const struct api *api, struct error *err);
/* The error of an answer that is none of success. */
int api_refusal(const struct http_response *response, struct error *err);
/* If the engine's words are about its full disk, that is the error's kind, with
 * the mend as its hint. Always -1. */
int api_check_disk(const char *text, struct error *err);
/* Of calls that are made again: what is in the way are others' images that come and go,
 * some a second. */
#define API_ATTEMPTS 20
/* Podman 4 has met an image that went meanwhile, where it did not expect that. A GET is
 * made again by itself. */
bool api_has_panicked(const struct api *api, const struct error *err);
/* A call without body whose answer does not matter. */
int api_send(struct api *api, const char *method, const struct buf *url, struct error *err) CHECK;
int api_get(struct api *api, const struct buf *url, struct json **ret_json,
	    struct error *err) CHECK;
/* A list; of Podman again where something that it listed went meanwhile. */
int api_get_list(struct api *api, const struct buf *url, struct json **ret_json,
		 struct error *err) CHECK;
/* POST with a JSON body; `ret_json` may be NULL. */
int api_post(struct api *api, const struct buf *url, const struct buf *body, struct json **ret_json,
	     struct error *err) CHECK;
/* Headers of every request with a JSON body. */
extern const char *const api_json_headers[];

/* The text of a member that must be there. */
char *api_take_text(const struct json *json, const char *key, struct error *err) CHECK;
/* "sha256:" is put before 64 hexadecimal digits; NULL and "" become NULL. */
int api_set_id(char **owned, const char *id, struct error *err) CHECK;
/* A name or ID as the engine understands it without guessing. */
char *api_exact_name(const struct api *api, const char *reference, struct error *err) CHECK;
/* What the engine tells of an image: Docker's answer, or on Podman libpod's. */
int api_get_image(struct api *api, const char *reference, struct json **ret_json,
		  struct error *err) CHECK;

/* Asks once how the engine stores images: info.has_containerd_store. */
int api_learn_store(struct api *api, struct error *err) CHECK;

/* Containers, running or not, that the engine's filter `key` finds; NULL: all. */
int api_find_containers(struct api *api, const char *key, const char *value,
			struct engine_container_list *ret_list, struct error *err) CHECK;

/* The table's functions; connect.c puts them together. */
int api_inspect_image(struct engine *engine, const char *reference, struct engine_image *ret_image,
		      struct error *err) CHECK;
int api_list_images(struct engine *engine, const char *repository, bool is_dangling,
		    struct engine_image_list *ret_list, struct error *err) CHECK;
int api_tag_image(struct engine *engine, const char *source, const char *repository,
		  const char *tag, struct error *err) CHECK;
int api_remove_image(struct engine *engine, const char *reference, struct error *err) CHECK;
int api_build(struct engine *engine, const struct engine_build *build, char **ret_id,
	      struct error *err) CHECK;
int api_stamp(struct engine *engine, const struct engine_stamp *stamp, char **ret_id,
	      struct error *err) CHECK;
int api_list_containers(struct engine *engine, const char *label,
			struct engine_container_list *ret_list, struct error *err) CHECK;
int api_create_container(struct engine *engine, const struct engine_container_options *options,
			 char **ret_id, struct error *err) CHECK;
int api_start_container(struct engine *engine, const char *id, struct error *err) CHECK;
int api_inspect_container(struct engine *engine, const char *id,
			  struct engine_container_state *ret_state, struct error *err) CHECK;
int api_remove_container(struct engine *engine, const char *id, struct error *err) CHECK;
int api_container_logs(struct engine *engine, const char *id, const struct engine_logs *logs,
		       struct error *err) CHECK;
int api_exec(struct engine *engine, const char *id, const struct engine_exec *exec,
	     struct engine_exec_result *ret_result, struct error *err) CHECK;
int api_watch(struct engine *engine, const char *id, struct engine_watch **ret_watch,
	      struct error *err) CHECK;
int api_copy_out(struct engine *engine, const char *id, const struct engine_copy *copy,
		 struct error *err) CHECK;
/* In load.c. */
int api_load_image(struct engine *engine, const struct engine_load *load, struct error *err) CHECK;
int api_push(struct engine *engine, const struct engine_push *push, char **ret_digest,
	     struct error *err) CHECK;
int api_pull(struct engine *engine, const struct engine_pull *pull, char **ret_id,
	     struct error *err) CHECK;
int api_measure_layers(struct engine *engine, const char *id, size_t count, int64_t *ret_bytes,
		       struct error *err) CHECK;
/* In platform.c. */
int api_learn_platform(struct engine *engine, struct error *err) CHECK;
/* In export.c, export-content.c. */
int api_export_image(struct engine *engine, const char *id, const struct engine_export *export,
		     struct error *err) CHECK;
int api_read_manifest(struct engine *engine, const char *reference, struct buf *ret_bytes,
		      char **ret_media_type, struct error *err) CHECK;
int api_open_blob(struct engine *engine, const char *digest, int *ret_fd, struct error *err) CHECK;
