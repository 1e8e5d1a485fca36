/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A container engine as flow sees it: data, and the table of functions through
 * which an engine is reached, so that the real one and a fake are peers.
 * Errors: engine gone ERROR_UNREACHABLE, refused ERROR_DENIED, not there
 * ERROR_NOT_FOUND, in use or taken ERROR_CONFLICT, else ERROR_SYSTEM with the
 * engine's own words. Ctrl-C ends every wait with ERROR_INTERRUPTED.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/event.h"
#include "base/str.h"
#include "net/http.h"

struct engine;
struct engine_build; /* engine/build/build.h */
struct engine_stamp; /* engine/stamp.h */

enum engine_kind {
	ENGINE_DOCKER,
	ENGINE_PODMAN,
	ENGINE_BUILDKIT, /* only builds: no containers, and images in a folder of ours */
};

struct engine_info {
	enum engine_kind kind;
	char *url;		   /* what --engine would take: "unix:///run/docker.sock" */
	char *version;		   /* "20.10.24" */
	char *api_version;	   /* as negotiated: "1.41" */
	char *platform;		   /* that it builds for by itself; NULL: for what we run on */
	bool has_start_interval;   /* health checks may come quicker at the start */
	bool has_buildkit;	   /* false for sure once a build found none */
	bool has_containerd_store; /* known after api_learn_store() */
	bool is_ours;		   /* a Podman service that we started for this run */
};

struct engine_image {
	char *id;	     /* "sha256:..." */
	char *parent;	     /* the same; NULL: none known */
	char *created;	     /* RFC 3339 as the engine gives it; NULL in lists */
	struct strv tags;    /* "repository:tag", the repository written as it was asked for */
	struct strv digests; /* "repository@sha256:..." */
	struct strmap labels;
	int64_t size;
	/* From here on by inspection alone, empty in lists. */
	struct strv env;
	struct strv layers;	    /* diff IDs, the lowest first */
	struct strv shell;	    /* empty: the engine's default, /bin/sh -c */
	struct strv health_test;    /* empty: none; else CMD, CMD-SHELL or NONE first */
	int64_t health_interval_ms; /* 0: the engine's default, as below */
	int64_t health_timeout_ms;
	int64_t health_start_period_ms;
	int64_t health_start_interval_ms;
	int64_t health_retries;
	char *os, *architecture, *variant; /* variant may be NULL */
	char *user;
};

struct engine_image_list {
	struct engine_image *items;
	size_t len;
};

struct engine_container {
	char *id;
	char *image_id;	      /* "sha256:..." */
	char *image_name;     /* as it was created with */
	char *name;	      /* without the leading slash; NULL: none */
	char *state;	      /* created running paused restarting removing exited dead */
	struct strmap labels; /* with those of its image */
	int64_t created;      /* seconds since 1970 */
};

struct engine_container_list {
	struct engine_container *items;
	size_t len;
};

struct engine_container_options {
	const char *image;
	const struct strmap *labels; /* may be NULL */
	const char *volume;	     /* path of an anonymous volume; NULL: none */
	const struct strv *argv;     /* to run; NULL or empty: as the image says */
	/* How often to probe while it starts, and how long that is; 0: as the
	 * image says. An interval counts only within a period. */
	int64_t probe_interval_ms;
	int64_t probe_period_ms;
};

struct engine_container_state {
	char *status; /* as in struct engine_container */
	bool is_running;
	bool is_oom_killed;
	int exit_code;
	char *error;	     /* why it did not start; NULL: it did */
	char *health;	     /* starting healthy unhealthy; NULL: no check */
	char *health_output; /* of the last check; NULL: none yet */
	int health_exit_code;
};

struct engine_logs {
	int64_t lines;	 /* the last so many */
	http_sink *sink; /* both streams as they come */
	void *sink_arg;
};

struct engine_exec {
	const struct strv *argv;
	int64_t timeout_ms; /* 0: none */
	http_sink *sink;    /* output of both streams as it comes; NULL: dropped */
	void *sink_arg;
};

/* A program that is not there is exit code 126 or 127, with the runtime's
 * complaint among the output. */
struct engine_exec_result {
	int exit_code;
	bool has_timed_out; /* then it may still run: remove the container */
};

struct engine_copy {
	const char *path;
	http_sink *sink; /* takes the bytes of a tar archive */
	void *sink_arg;
};

struct engine_push {
	const char *repository;
	const char *tag;
	const char *registry_auth; /* value of X-Registry-Auth; NULL: anonymous */
	const char *step, *image;  /* for progress events; may be NULL */
};

struct engine_pull {
	const char *reference;	   /* "name:tag" or "name@digest" */
	const char *platform;	   /* NULL: the engine's own */
	const char *registry_auth; /* as above */
	const char *step, *image;  /* as above */
};

/* An image of an engine that cannot push. */
struct engine_load {
	struct engine *from;
	const char *id;	  /* there */
	const char *name; /* "repository:tag" that it gets here */
};

enum engine_event_type {
	ENGINE_EVENT_START,
	ENGINE_EVENT_DIE,
	ENGINE_EVENT_OOM,
	ENGINE_EVENT_HEALTHY,
	ENGINE_EVENT_UNHEALTHY,
};

struct engine_event {
	enum engine_event_type type;
	int exit_code; /* of a DIE; -1: not said */
};

/*
 * Where an image goes as it comes out of an engine: its configuration, once and at any
 * time, and each of its layers, as a plain tar archive, in any order; one of which the
 * image has two may come twice. A call that fails ends it all with its error.
 */
struct engine_export {
	/* Byte for byte: its digest is the image's ID. */
	int (*config)(void *arg, struct slice bytes, struct error *err);
	/* A layer of so many bytes begins. `diff_id` is NULL if it is known only once they
	 * have passed. Of one that is not wanted nothing comes, also not its end. */
	int (*layer_begin)(void *arg, const char *diff_id, int64_t size, bool *ret_is_wanted,
			   struct error *err);
	int (*layer_data)(void *arg, const void *data, size_t len, struct error *err);
	/* All bytes have passed: they are this layer of the image. */
	int (*layer_end)(void *arg, const char *diff_id, struct error *err);
	void *arg;
	const struct strv *layers; /* its diff IDs, as an inspection gave them */
};

/* What happens to one container from the subscription on; works while other
 * calls to the same engine go on. */
struct engine_watch {
	int (*next)(struct engine_watch *watch, int64_t wait_ms, struct engine_event *ret_event,
		    struct error *err);
	void (*free)(struct engine_watch *watch);
};

struct engine_ops {
	/* By name or ID; its tags come with the repository spelled as in `reference`. */
	int (*inspect_image)(struct engine *engine, const char *reference,
			     struct engine_image *ret_image, struct error *err) CHECK;
	/* With tags of exactly `repository`; NULL: all, or only the dangling ones. */
	int (*list_images)(struct engine *engine, const char *repository, bool is_dangling,
			   struct engine_image_list *ret_list, struct error *err) CHECK;
	int (*tag_image)(struct engine *engine, const char *source, const char *repository,
			 const char *tag, struct error *err) CHECK;
	/* Never forced. The last tag takes the image along and untagged parents that
	 * nothing else needs. ERROR_CONFLICT: it is used. */
	int (*remove_image)(struct engine *engine, const char *reference, struct error *err) CHECK;
	int (*build)(struct engine *engine, const struct engine_build *build, char **ret_id,
		     struct error *err) CHECK;
	int (*stamp)(struct engine *engine, const struct engine_stamp *stamp, char **ret_id,
		     struct error *err) CHECK;
	/* Running or not, that carry the label key `label`; NULL: all. */
	int (*list_containers)(struct engine *engine, const char *label,
			       struct engine_container_list *ret_list, struct error *err) CHECK;
	int (*create_container)(struct engine *engine,
				const struct engine_container_options *options, char **ret_id,
				struct error *err) CHECK;
	int (*start_container)(struct engine *engine, const char *id, struct error *err) CHECK;
	int (*inspect_container)(struct engine *engine, const char *id,
				 struct engine_container_state *ret_state, struct error *err) CHECK;
	/* Also a running one, with its anonymous volumes; not there is fine. */
	int (*remove_container)(struct engine *engine, const char *id, struct error *err) CHECK;
	int (*container_logs)(struct engine *engine, const char *id, const struct engine_logs *logs,
			      struct error *err) CHECK;
	int (*exec)(struct engine *engine, const char *id, const struct engine_exec *exec,
		    struct engine_exec_result *ret_result, struct error *err) CHECK;
	/* To be called before the start, else its events may be missed. */
	int (*watch)(struct engine *engine, const char *id, struct engine_watch **ret_watch,
		     struct error *err) CHECK;
	int (*copy_out)(struct engine *engine, const char *id, const struct engine_copy *copy,
			struct error *err) CHECK;
	/* Asks once for info.platform. NULL: there is nothing to ask. */
	int (*learn_platform)(struct engine *engine, struct error *err) CHECK;
	/* Takes an image over, with the same configuration. NULL: it cannot. */
	int (*load_image)(struct engine *engine, const struct engine_load *load,
			  struct error *err) CHECK;
	/* The registry's refusal is ERROR_DENIED, its silence ERROR_UNREACHABLE. NULL:
	 * it cannot push; then read_manifest() and open_blob() give what is to be uploaded. */
	int (*push)(struct engine *engine, const struct engine_push *push, char **ret_digest,
		    struct error *err) CHECK;
	/* Gets an image from its registry under that very name; one by digest has that
	 * digest then, and no tag. ERROR_NOT_FOUND: the registry has no such image, or not
	 * for the platform; else as push. NULL: it cannot. */
	int (*pull)(struct engine *engine, const struct engine_pull *pull, char **ret_id,
		    struct error *err) CHECK;
	/* How many bytes, unpacked, the upper `count` layers of an image have at most; it
	 * is then known how the engine stores images. NULL where `push` is NULL. */
	int (*measure_layers)(struct engine *engine, const char *id, size_t count,
			      int64_t *ret_bytes, struct error *err) CHECK;
	/* The image of an ID, in one stream. Once all has passed it is certain that it was
	 * that image and all of it. ERROR_UNSUPPORTED: the engine keeps manifests, so that
	 * its next two functions are to be used. NULL: it cannot. */
	int (*export_image)(struct engine *engine, const char *id,
			    const struct engine_export *export, struct error *err) CHECK;
	/* The manifest of an image, byte for byte, into a buffer with its maximum.
	 * ERROR_UNSUPPORTED: the engine keeps none. NULL: it cannot. */
	int (*read_manifest)(struct engine *engine, const char *reference, struct buf *ret_bytes,
			     char **ret_media_type, struct error *err) CHECK;
	/* A blob that a manifest names, open for reading from its start: a file of its
	 * own each time, which is the caller's to close. NULL: it cannot. */
	int (*open_blob)(struct engine *engine, const char *digest, int *ret_fd,
			 struct error *err) CHECK;
	/* Frees `engine`; a service of ours ends. */
	void (*close)(struct engine *engine);
};

struct engine {
	const struct engine_ops *ops;
	struct engine_info info;
	struct event_sink *sink; /* may be NULL */
};

/* 1: something happened; 0: nothing within `wait_ms`; -1: the stream broke. */
int engine_watch_next(struct engine_watch *watch, int64_t wait_ms, struct engine_event *ret_event,
		      struct error *err) CHECK;
/* NULL is fine. */
void engine_watch_free(struct engine_watch *watch);

/* inspect_image() of one that may be there: 1; 0: it is not; -1. */
int engine_find_image(struct engine *engine, const char *reference, struct engine_image *ret_image,
		      struct error *err) CHECK;

void engine_info_release(struct engine_info *info);
/* info.platform is what it says, "linux/arm64"; ERROR_PROTOCOL if that is none. */
int engine_set_platform(struct engine *engine, const char *text, struct error *err) CHECK;
void engine_image_release(struct engine_image *image);
void engine_image_list_release(struct engine_image_list *list);
void engine_container_release(struct engine_container *container);
void engine_container_list_release(struct engine_container_list *list);
void engine_container_state_release(struct engine_container_state *state);
