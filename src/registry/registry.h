/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * One repository at a registry (OCI distribution-spec 1.1): its credentials,
 * tokens and connection. HTTPS, but plain HTTP on loopback and where the user
 * says so; one never becomes the other. All that comes back is bounded and
 * checked by digest. Credentials are looked up once the registry asks for them;
 * they go to its own origin and to a token server of the same owner or of the
 * user's choice, never anywhere else.
 *
 * A question has three answers, for an unknown is not a no: an unreachable
 * registry, a denied request and an answer that makes no sense are
 * REGISTRY_UNKNOWN with err set: ERROR_UNREACHABLE, ERROR_DENIED,
 * ERROR_PROTOCOL.
 */
#include "base/buf.h"
#include "base/event.h"
#include "image/config.h"
#include "image/manifest.h"
#include "image/reference.h"

enum registry_answer {
	REGISTRY_UNKNOWN = -1,
	REGISTRY_NO = 0,
	REGISTRY_YES = 1,
};

struct registry;
struct retry;

struct registry_digest {
	char text[72]; /* "sha256:" and 64 digits */
};

/* A manifest or index, byte for byte as the registry holds it. */
struct registry_manifest {
	struct buf bytes;
	char *media_type;
	struct registry_digest digest;
};

#define REGISTRY_MANIFEST_INIT                                                                     \
	{                                                                                          \
		.bytes = BUF_INIT(0)                                                               \
	}

void registry_manifest_release(struct registry_manifest *manifest);
/* A manifest or index of ours, from its bytes; takes `bytes` over. */
int registry_manifest_of(struct buf *bytes, const char *media_type,
			 struct registry_manifest *ret_manifest, struct error *err) CHECK;
int registry_manifest_copy(const struct registry_manifest *manifest,
			   struct registry_manifest *ret_copy, struct error *err) CHECK;

/* What the user says about registries, any of it NULL; lives as long as they. */
struct registry_options {
	struct event_sink *sink;
	const struct strv *plain_http;	  /* "HOST[:PORT]": without TLS, as on loopback */
	const struct strv *token_servers; /* the same: foreign ones that may see credentials */
};

/* Nothing is sent yet. `options` may be NULL. */
int registry_open(const struct reference *reference, const struct registry_options *options,
		  struct registry **ret_registry, struct error *err) CHECK;
/* Beside another one, which must live longer: they can be asked side by side, and at
 * the same host they share its connections. */
int registry_open_beside(const struct reference *reference, struct registry *beside,
			 struct registry **ret_registry, struct error *err) CHECK;
/* A place on this machine instead, "oci:FOLDER", "oci-archive:FILE" or "docker-archive:FILE", for
 * the tags of the reference's repository. The FILE is compressed if it ends in ".gz" or ".zst"; "-"
 * is standard output, which is no target of a configuration. */
int registry_open_target(const char *target, const struct reference *reference,
			 struct registry **ret_registry, struct error *err) CHECK;
int registry_check_target(const char *target, struct error *err) CHECK;
bool registry_is_local(const struct registry *registry);
/* Is it spoken to without TLS, though not on loopback? Engines are not told. */
bool registry_is_plain(const struct registry *registry);
/* Does it want layers that are not compressed? */
bool registry_takes_plain(const struct registry *registry);
/* Makes of an image's manifest what is taken there: in a layout none of Docker's types is
 * found by all who read it. */
int registry_adapt_manifest(const struct registry *registry, struct registry_manifest *manifest,
			    struct error *err) CHECK;
/* All tags are put: what is written whole is written now. */
int registry_finish(struct registry *registry, struct error *err) CHECK;
void registry_free(struct registry *registry);
void registry_freep(struct registry **registry);
/* How to try again, for tests; borrowed. */
void registry_set_retry(struct registry *registry, const struct retry *retry);

/* What a tag or digest names. */
enum registry_answer registry_manifest(struct registry *registry, const char *tag_or_digest,
				       struct registry_manifest *ret_manifest,
				       struct error *err) CHECK;
/* Is there one, and which? Does not count as a pull where pulls are counted. */
enum registry_answer registry_exists(struct registry *registry, const char *tag_or_digest,
				     struct registry_digest *ret_digest, struct error *err) CHECK;
/* The config of a manifest's image. Of an index: of its image for `platform`
 * (ERROR_NOT_FOUND if there is none); NULL takes ours, else the first. */
int registry_config(struct registry *registry, const struct registry_manifest *manifest,
		    const struct platform *platform, struct buf *ret_config,
		    struct error *err) CHECK;
/* Puts the bytes under a tag, or under their own digest, which no tag shows. */
int registry_put_manifest(struct registry *registry, const char *tag_or_digest,
			  const struct registry_manifest *manifest, struct error *err) CHECK;

/* All that there is to know of the image behind a tag. */
struct registry_image {
	struct registry_manifest manifest;    /* what the tag names; it may be an index */
	struct registry_digest config_digest; /* the image's ID */
	struct image_config config;
	struct image_commit commit; /* its sha is "" if the image does not say */
};

#define REGISTRY_IMAGE_INIT                                                                        \
	{                                                                                          \
		.manifest = REGISTRY_MANIFEST_INIT                                                 \
	}

void registry_image_release(struct registry_image *image);
/* `sha_env` as in image_commit_of(). */
enum registry_answer registry_read_image(struct registry *registry, const char *tag_or_digest,
					 const char *sha_env, struct registry_image *ret_image,
					 struct error *err) CHECK;
