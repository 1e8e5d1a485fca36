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

/* What SHA (by whatever name) holds, if the stamp label matches the image:
 * such an image was stamped by git-image. NULL otherwise. */
const char *identity_sha(const struct engine_image *image, const char *sha_env);

/* A tag of our own form for that image, in which SHA holds `sha`: a prefix of the
 * commit of at least 7 digits, the same and "-linux-arm64" for the platform
 * that it has, or "<prefix>-dirty-<hash8>" of a dirty one. */
bool identity_tag_matches(const char *tag, const char *sha, const struct engine_image *image);
/* Of our own form for some SHA. */
bool identity_tag_is_ours(const char *tag);
/* 1 and the platform of a tag of our own form that names one; 0: it names none. */
int identity_tag_platform(const char *tag, struct platform *ret_platform, struct error *err) CHECK;
