/* SPDX-License-Identifier: MIT */
/* Publication from an engine that gives a manifest and files, but cannot push. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../registry/documents.h"
#include "../registry/peer.h"
#include "flow/publish/direct.h"

#define BASE	  "/v2/team/app/blobs/"
#define HEAD_BLOB "HEAD " BASE CONFIG_DIGEST " HTTP"
#define OTHER	  "sha256:0000000000000000000000000000000000000000000000000000000000000000"

/* Row by row; the files that are open when all is over must be none. */
static const struct row {
	const char *name;
	const char *manifest;
	const char *id;
	const char *config; /* NULL: the engine lost it */
	struct peer_row rows[4];
	enum error_kind kind;
	const char *message;
} table[] = {
	{ "what the registry lacks", MANIFEST, CONFIG_DIGEST, CONFIG,
	  .rows = { { HEAD_BLOB, .status = 404 },
		    { "POST " BASE "uploads/", .status = 202, .headers = "Location: /s\r\n" },
		    { "PUT /s?digest=" CONFIG_DIGEST, "\r\n\r\n" CONFIG, .status = 201 } } },
	{ "what it has is not opened", MANIFEST, CONFIG_DIGEST, NULL,
	  .rows = { { HEAD_BLOB, .status = 200 } } },
	{ "another image", MANIFEST, OTHER, CONFIG, .kind = ERROR_PROTOCOL,
	  .message = "the engine gave the manifest of " CONFIG_DIGEST ", not of " OTHER },
	{ "no image", INDEX, CONFIG_DIGEST, CONFIG, .kind = ERROR_PROTOCOL,
	  .message = "the engine gave the manifest of several images, not of " CONFIG_DIGEST },
	{ "a blob that is lost", MANIFEST, CONFIG_DIGEST, NULL,
	  .rows = { { HEAD_BLOB, .status = 404 },
		    { "POST " BASE "uploads/", .status = 202, .headers = "Location: /s\r\n" } },
	  .kind = ERROR_SYSTEM, .message = "blob " CONFIG_DIGEST ": it is gone" },
	{ "a blob that is damaged", MANIFEST, CONFIG_DIGEST, "{}",
	  .rows = { { HEAD_BLOB, .status = 404 },
		    { "POST " BASE "uploads/", .status = 202, .headers = "Location: /s\r\n" },
		    { "PUT /s", .missing = -1, .is_early = true, .is_optional = true } },
	  .kind = ERROR_PROTOCOL, .message = "what is to be sent has 2 bytes, not 144" },
};

static const struct row *row;
static int opened[8];
static size_t opened_count;

static int read_manifest(struct engine *engine, const char *reference, struct buf *ret_bytes,
			 char **ret_media_type, struct error *err)
{
	(void)engine;
	assert_string_equal(reference, row->id);
	buf_add_text(ret_bytes, row->manifest);
	*ret_media_type = str_copy(row->manifest[0] && strstr(row->manifest, "manifests")
					   ? MEDIA_TYPE_OCI_INDEX
					   : MEDIA_TYPE_OCI_MANIFEST,
				   err);
	return *ret_media_type ? 0 : -1;
}

static int open_blob(struct engine *engine, const char *digest, int *ret_fd, struct error *err)
{
	int fd;

	(void)engine;
	assert_string_equal(digest, CONFIG_DIGEST);
	if (!row->config)
		return error_set(err, ERROR_SYSTEM, "it is gone");
	fd = memfd_create("blob", MFD_CLOEXEC);
	assert_int_equal(write(fd, row->config, strlen(row->config)), strlen(row->config));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	opened[opened_count++] = *ret_fd = fd;
	return 0;
}

static int upload(const char *host, struct registry_manifest *manifest, struct error *err)
{
	const struct engine_ops ops = { .read_manifest = read_manifest, .open_blob = open_blob };
	AUTO(reference_release) struct reference reference = { 0 };
	AUTO(registry_freep) struct registry *registry = NULL;
	struct engine engine = { .ops = &ops };
	char name[64];

	snprintf(name, sizeof(name), "%s/team/app", host);
	assert_int_equal(reference_parse(name, &reference, err), 0);
	assert_int_equal(registry_open(&reference, NULL, &registry, err), 0);
	return direct_bring(&(struct bringing){ .engine = &engine,
						.registry = registry,
						.reference = &reference,
						.id = row->id },
			    NULL, manifest, err);
}

static void test_blobs_before_the_manifest(void **state)
{
	static struct peer peer;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		AUTO(registry_manifest_release)
		struct registry_manifest manifest = REGISTRY_MANIFEST_INIT;
		struct error err = { 0 };
		int status;

		row = &table[i];
		opened_count = 0;
		peer_listen(&peer, "127.0.0.1");
		peer_run(&peer, row->rows, NULL);
		status = upload(peer.host, &manifest, &err);
		peer_finish(&peer);
		if (status != (row->kind ? -1 : 0) || err.kind != row->kind)
			fail_msg("%s: %s", row->name, err.message);
		if (row->kind)
			assert_non_null(strstr(err.message, row->message));
		else
			assert_string_equal(manifest.digest.text, MANIFEST_DIGEST);
		for (size_t k = 0; k < opened_count; k++)
			assert_int_equal(close(opened[k]), -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blobs_before_the_manifest),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
