/* SPDX-License-Identifier: MIT */
#pragma once
/* One small image, byte for byte, and its digests. */
#include "image/manifest.h"

#define IMAGE_SHA "1f2e3d4c5b6a79880f1e2d3c4b5a69788f1e2d3c"

#define CONFIG_DIGEST "sha256:e698a480ad65baf231199e7f6c41eb0b693d9539f3c3d3671b924450ab566ad6"
#define CONFIG                                                                                     \
	"{\"os\":\"linux\",\"architecture\":\"amd64\",\"config\":{\"Env\":[\"SHA=" IMAGE_SHA       \
	"\"]},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}"

#define MANIFEST_DIGEST "sha256:c9f3c377dd5fc286bff6c04d3ac0a642cdd0df4da2b4fe74a77cc21d2be1fdef"
#define MANIFEST                                                                                   \
	"{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_TYPE_OCI_MANIFEST                            \
	"\",\"config\":{\"mediaType\":\"application/"                                              \
	"vnd.oci.image.config.v1+json\",\"digest\":\"" CONFIG_DIGEST                               \
	"\",\"size\":144},\"layers\":[]}"

#define INDEX_DIGEST "sha256:f2debec15aea3be948ddd9bf47a4b126afc80d05e1aea0395ce991b9386e32f6"
#define INDEX                                                                                      \
	"{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"" MEDIA_TYPE_OCI_MANIFEST            \
	"\",\"digest\":\"" MANIFEST_DIGEST                                                         \
	"\",\"size\":248,\"platform\":{\"os\":\"linux\",\"architecture\":\"mips\"}}]}"

#define IS_MANIFEST "Content-Type: " MEDIA_TYPE_OCI_MANIFEST "\r\n"
#define IS_INDEX    "Content-Type: " MEDIA_TYPE_OCI_INDEX "\r\n"
#define HAS_DIGEST  "Docker-Content-Digest: " MANIFEST_DIGEST "\r\n"
