/* SPDX-License-Identifier: MIT */
#pragma once
/* What the tests of stamping share: the stamp, the calls of a commit, and the
 * archives that go to an engine and come from it. */
#include "base/buf.h"
#include "engine/stamp.h"
#include "peer.h"

#define HEX "0123456789012345678901234567890123456789012345678901234567890123"
#define NEW "sha256:aaaabbbbccccddddaaaabbbbccccddddaaaabbbbccccddddaaaabbbbccccdddd"
#define ID  "sha256:" HEX

/* History entry of a stamp of 1700000000. */
#define STAMP_ENTRY                                                                                \
	"{\"created\":\"2023-11-14T22:13:20Z\",\"comment\":\"git-image "                           \
	"stamp\",\"empty_layer\":true}"

#define DOCKER_CONFIG(env, labels)                                                                 \
	"{\"Hostname\":\"\",\"User\":\"1\",\"Cmd\":[\"a b\"],\"Volumes\":{\"/data\":{}},"          \
	"\"OnBuild\":[\"RUN x\"],\"Env\":[" env "],\"Labels\":{" labels "}}"
#define OLD_CONFIG DOCKER_CONFIG("\"A=b\",\"SHA=old\"", "\"gone\":\"1\",\"x\":\"y\"")

#define INSPECT(id, config)                                                                        \
	{                                                                                          \
		.request = "GET /v1.41/images/" id "/json HTTP",                                   \
		.body = "{\"Id\":\"" id "\",\"Config\":" config "}"                                \
	}
#define CREATE(code)                                                                               \
	{                                                                                          \
		.request = "POST /v1.41/containers/create?name=git-image-stamp-" HEX " HTTP",      \
		.has = "{\"Image\":\"" ID "\",\"HostConfig\":{\"NetworkMode\":\"none\","           \
		       "\"Tmpfs\":{\"/data\":\"\"}}}",                                             \
		.status = code, .body = "{\"Id\":\"c1\",\"message\":\"Conflict\"}"                 \
	}
#define COMMIT(code, text)                                                                         \
	{                                                                                          \
		.request = "POST /v1.41/commit?pause=0&container=git-image-stamp-" HEX             \
			   "&repo=app&tag=1f2e3d4&comment=git-image%20stamp HTTP",                 \
		.has = "\r\n\r\n{\"Hostname\":\"\",\"User\":\"1\",\"Cmd\":[\"a b\"],"              \
		       "\"Volumes\":{\"/data\":{}},\"OnBuild\":[\"RUN x\"],"                       \
		       "\"Env\":[\"A=b\",\"SHA=s\"],"                                              \
		       "\"Labels\":{\"gone\":\"\",\"revision\":\"s\",\"x\":\"y\"}}",               \
		.status = code, .body = text                                                       \
	}
#define REMOVE                                                                                     \
	{                                                                                          \
		.request = "DELETE /v1.41/containers/git-image-stamp-" HEX "?force=1&v=1 HTTP",    \
		.status = 204                                                                      \
	}
#define SWEEP(list)                                                                                \
	{                                                                                          \
		.request =                                                                         \
			"GET /v1.41/containers/json?all=1&filters=%7B%22name%22%3A%5B%22%5E%2F%3F" \
			"git-image-stamp-%22%5D%7D HTTP",                                          \
		.body = list                                                                       \
	}

/* Stamps ID with "SHA=<sha>" as app:1f2e3d4 at 1700000000; `stamp` says the rest. */
int stamp_with(struct engine *engine, struct engine_stamp stamp, const char *sha, char **ret_id,
	       struct error *err);

/* Files of an archive that the engine was sent. */
struct archive {
	struct strmap files;
	char *path;
	struct buf content;
};

/* The body of request number `row`. */
void read_archive(const struct peer *peer, size_t row, struct archive *archive);
void archive_release(struct archive *archive);
/* What GET /images/HEX/get answers, with the configuration at `path`. */
void write_export(struct buf *save, const char *path, const char *stored);
