/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What an image of ours says of itself, and how that is checked. Labels are
 * inherited by child images, so none proves anything alone: the stamp label is
 * a SHA-256 over content key, commit and layers, and counts only if it matches
 * the image that carries it. Containers of ours carry a label key that no
 * image carries.
 */
#include <stdbool.h>

#include "codec/digest.h"
#include "engine/engine.h"
#include "flow/config/settings.h"
#include "image/config.h"
#include "image/platform.h"

#define LABEL_STAMP	 "git-image.stamp"
#define LABEL_REPOSITORY "git-image.repository"
#define LABEL_KEY	 "git-image.key"
#define LABEL_RUN	 "git-image.run" /* of containers only, as are the next three */
#define LABEL_HOST	 "git-image.host"
#define LABEL_BOOT	 "git-image.boot"
#define LABEL_DEADLINE	 "git-image.deadline" /* seconds since 1970 */
#define LABEL_REVISION	 "org.opencontainers.image.revision"
#define LABEL_CREATED	 "org.opencontainers.image.created"
#define LABEL_SOURCE	 "org.opencontainers.image.source"
#define LABEL_VERSION	 "org.opencontainers.image.version"
#define LABEL_TITLE	 "org.opencontainers.image.title"
#define LABEL_REF_NAME	 "org.opencontainers.image.ref.name"

/* The stamp of an image of these layers ("sha256:..." diff_ids, lowest first)
 * for the commit text that SHA holds; the content key may be NULL. */
int identity_stamp(const char *content_key, const char *sha, const struct strv *layers,
		   struct digest_text *ret_stamp, struct error *err) CHECK;

/* What is checked here of an image that a registry has; borrowed from its config. */
struct engine_image identity_view(const struct image_config *config);

/* What SHA (by whatever name) holds, if the stamp label matches the image:
 * such an image was stamped by git-image. NULL otherwise. */
const char *identity_sha(const struct engine_image *image, const char *sha_env);

/*
 * The tags of our own form: image.tagPrefix and the short SHA, "1f2e3d4"; the same and
 * "-linux-arm64" for one platform of several, or "-dirty-<hash8>" for a work tree. Where
 * one is read the prefix (NULL: none) may be missing, for it may be newer than the tag.
 */

/* That of the commit. */
char *identity_tag(const struct settings *settings, const char *sha, struct error *err) CHECK;
/* Is it one for that image, in which SHA holds `sha`: at least 7 digits of its commit,
 * the platform that it has? */
bool identity_tag_matches(const char *prefix, const char *tag, const char *sha,
			  const struct engine_image *image);
/* For some SHA. */
bool identity_tag_is_ours(const char *prefix, const char *tag);
/* Would one take it for that of another commit than `sha`? */
bool identity_tag_misleads(const struct settings *settings, const char *tag, const char *sha);
/* 1 and the platform of one that names it; 0: it names none. */
int identity_tag_platform(const char *prefix, const char *tag, struct platform *ret_platform,
			  struct error *err) CHECK;
