/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Every maximum of the program, with its reason. Sizes are bytes, times
 * milliseconds.
 */

#define KIB 1024UL
#define MIB (1024UL * 1024UL)

/* One screen of a person's terminal holds the error and its hint. */
#define LIMIT_ERROR_MESSAGE 1024
/* What a peer says inside our own message; the rest is noise. */
#define LIMIT_PEER_TEXT 512

/* RFC 8259 parsers differ beyond; no document we read nests deeper than 10. */
#define LIMIT_JSON_DEPTH 32
/* A manifest, index, token or config: registries refuse more than 4 MiB. */
#define LIMIT_JSON_DOCUMENT (4 * MIB)
/* An engine's inspect answers and lists grow with the machine, not with us. */
#define LIMIT_ENGINE_DOCUMENT (64 * MIB)
/* One line of a streamed answer (build log, push progress, events). */
#define LIMIT_STREAM_LINE (1 * MIB)
/* Response headers, one and all: RFC 9112 leaves it to us. */
#define LIMIT_HEADER_LINE (64 * KIB)
#define LIMIT_HEADER_COUNT 100

/* What waits to be sent in one call: more than a round trip to a local peer. */
#define LIMIT_GRPC_QUEUE (256 * KIB)
/* What BuildKit itself takes for one message of a session. */
#define LIMIT_GRPC_MESSAGE (16 * MIB)
/* All metadata of one call, both ends of it: each rule of a .dockerignore is one. */
#define LIMIT_GRPC_METADATA (1 * MIB)
/* Calls that a peer may have open at us. */
#define LIMIT_GRPC_CALLS 128

/* .gitimage is a configuration file, not data. */
#define LIMIT_CONFIG_FILE (64 * KIB)
/* VERSION, REGISTRY and HASH: one line each. */
#define LIMIT_FOLDER_FILE 512
/* Images of one commit: a way through all of them fits into a thread's stack. */
#define LIMIT_IMAGES 4096
/* Docker refuses nothing here; a Dockerfile over this is a mistake. */
#define LIMIT_DOCKERFILE (1 * MIB)
#define LIMIT_DOCKERIGNORE (1 * MIB)
/* Nobody writes that many rules into a .gitignore. */
#define LIMIT_IGNORE_FILE (1 * MIB)
/* The system's own bundle of authorities has a quarter of it. */
#define LIMIT_CERTIFICATE_FILE (1 * MIB)
/* docker's config.json; helpers answer one small object. */
#define LIMIT_CREDENTIAL_FILE (1 * MIB)
/* A password that is entered: tokens of clouds have some KiB. */
#define LIMIT_CREDENTIAL (64 * KIB)
#define LIMIT_HELPER_REPLY (64 * KIB)
#define LIMIT_HELPER_MS 30000

/* BuildKit takes no larger secret. */
#define LIMIT_SECRET (500 * KIB)
/* OpenSSH's agent takes and gives no larger message. */
#define LIMIT_AGENT_MESSAGE (256 * KIB)

/* A build of BuildKit has a step an instruction and some of its own. */
#define LIMIT_BUILD_STEPS 10000
/* Advice on a Dockerfile: nobody reads more. */
#define LIMIT_BUILD_WARNINGS 100
/* What a person sees of an instruction; and of a line, before it is cut in two. */
#define LIMIT_BUILD_STEP_NAME (1 * KIB)
#define LIMIT_BUILD_LINE (4 * KIB)
/* Output shown with a step that fails: one screen has the error, too. */
#define LIMIT_BUILD_TAIL_LINES 20
#define LIMIT_BUILD_TAIL (4 * KIB)
/* Why a step failed: BuildKit quotes the command, which may be a heredoc. */
#define LIMIT_BUILD_ERROR (16 * KIB)

/* From here a blob comes through git, which streams; libgit2 doubles it. */
#define LIMIT_BLOB_IN_MEMORY (8 * MIB)
/* Pieces in which data moves from a source to a sink. */
#define LIMIT_CHUNK (64 * KIB)
/* A path in a git tree: tar (pax) and every engine take this much. */
#define LIMIT_PATH 4096
#define LIMIT_TREE_DEPTH 256
/* Sources of COPY, and links on the way to them: with more, all is sent. */
#define LIMIT_FOLLOWED_PATHS 1000
/* A block that is compressed at once: what came before it is not looked at, which at this size
 * costs a thousandth of the result; and the threads, each with two blocks and what they become:
 * 2 MiB a thread. */
#define LIMIT_COMPRESS_BLOCK (512 * KIB)
#define LIMIT_COMPRESS_THREADS 4
#define LIMIT_COMPRESS_BLOCKS (2 * LIMIT_COMPRESS_THREADS)
/* What expands further is made to; real layers reach 1:20, with holes in small ones more. */
#define LIMIT_DECOMPRESS_RATIO 200
#define LIMIT_DECOMPRESS_FREE (16 * MIB)
/* pax records of one entry: two paths, a few numbers, extended attributes. */
#define LIMIT_TAR_RECORDS (64 * KIB)

/* What an archive that is loaded may hold: nobody moves larger images. */
#define LIMIT_LOAD_BYTES (256LL * 1024 * 1024 * 1024)
/* Files of an image in an archive: engines take some 130 layers. */
#define LIMIT_LAYOUT_ENTRIES 10000
/* Tags of a layout that is loaded, and images of an index: each is compared with each. */
#define LIMIT_LOAD_MANIFESTS 1000

/* Log shown with a failure. */
#define LIMIT_LOG_LINES 50
/* A note holds half a KiB an image, run and kind: some ten runs of a thousand images. */
#define LIMIT_NOTE (8 * MIB)
/* One line of it: a hundred inputs of a build take 15 KiB. Of a hostile one each member
 * is compared with each. */
#define LIMIT_RECORD (64 * KIB)
/* The images that a run still needs, a line each: some thousand. */
#define LIMIT_HELD (256 * KIB)
/* Test reports copied to the host. */
#define LIMIT_REPORT_BYTES (256 * MIB)
#define LIMIT_REPORT_FILES 10000

#define LIMIT_CONNECT_MS 15000
/* An engine under load is slow to create, start or list; later it hangs. */
#define LIMIT_ENGINE_CALL_MS 300000
/* What an engine has begun and somebody else awaits: a removal, an exit code. */
#define LIMIT_REMOVAL_MS 10000
#define LIMIT_STALL_MS 60000
/* A registry may move a large blob to its storage before it answers. */
#define LIMIT_STORE_MS 300000
/* Once Solve has answered, Status brings its last lines. */
#define LIMIT_STATUS_END_MS 5000
#define LIMIT_READY_MS 60000
#define LIMIT_TEST_MS 600000
#define LIMIT_PLAIN_READY_MS 1000
