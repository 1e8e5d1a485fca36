/* SPDX-License-Identifier: MIT */
/*
 * Archives that are loaded: "INDEX|BLOB|BLOB...", with "@m1" and "@i1" for the first blob as
 * the descriptor of a manifest or index, "@b1" of anything else, "@d1" for its digest and "@p1" for
 * its path; blobs name those after them. An index that is a list is manifest.json. What
 * is taken is whole: engines get each manifest and each blob by its digest.
 */
#include "fuzz.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../unit/flow/load-all.h"
#include "base/path.h"
#include "codec/tar.h"
#include "image/manifest.h"
#include "layout/layout.h"

#define PARTS 8
#define IMAGE                                                                                      \
	"{\"schemaVersion\":2,\"config\":{@b3},\"layers\":[{@b4}]}|{\"architecture\":\"amd64\","   \
	"\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"@d4\"]}}|bytes"

const char *const fuzz_seeds[] = {
	"{\"schemaVersion\":2,\"manifests\":[{@i1},{@m2}]}|{\"schemaVersion\":2,\"manifests\":[{@"
	"m2}]}|" IMAGE,
	"{\"schemaVersion\":2,\"manifests\":[{@m2,\"annotations\":{\"org.opencontainers.image.ref."
	"name\":\"1\"}},"
	"{@m2}]}||" IMAGE,
	"[{\"Config\":\"@p3\",\"Layers\":[\"@p4\"]}]||" IMAGE,
	NULL,
};

struct part {
	struct buf text;
	struct digest_text digest;
};

static void require(bool holds)
{
	if (!holds)
		abort();
}

static const char *type_of(char kind)
{
	switch (kind) {
	case 'm':
		return MEDIA_TYPE_OCI_MANIFEST;
	case 'i':
		return MEDIA_TYPE_OCI_INDEX;
	default:
		return "x/y";
	}
}

static void add_reference(const struct part *part, char kind, struct buf *out)
{
	if (kind == 'd')
		buf_add_text(out, part->digest.text);
	else if (kind == 'p')
		buf_add_format(out, "blobs/sha256/%s", part->digest.text + strlen("sha256:"));
	else
		buf_add_format(out, "\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%zu",
			       type_of(kind), part->digest.text, part->text.len);
}

/* Of the part at `at`, into it. */
static void expand(struct part *parts, size_t count, size_t at, struct slice text)
{
	struct buf *out = &parts[at].text;

	for (size_t i = 0; i < text.len; i++) {
		size_t to = i + 2 < text.len && text.data[i] == '@' && isdigit(text.data[i + 2])
				    ? (size_t)(text.data[i + 2] - '0')
				    : 0;

		if (to > at && to < count) {
			add_reference(&parts[to], text.data[i + 1], out);
			i += 2;
		} else {
			buf_add(out, &text.data[i], 1);
		}
	}
}

static void add_file(struct buf *archive, const char *path, struct slice text)
{
	static const char zeros[TAR_BLOCK];

	tar_write_header(archive, &(struct tar_entry){ .type = TAR_FILE,
						       .path = path,
						       .mode = 0644,
						       .size = (int64_t)text.len });
	buf_add_slice(archive, text);
	buf_add(archive, zeros, tar_padding((int64_t)text.len));
}

/* From the last part to the first, so that each knows the digests of those after it. */
static void write_archive(struct slice input, struct buf *archive)
{
	struct slice texts[PARTS], rest = input;
	struct part parts[PARTS];
	struct error err = { 0 };
	size_t count = 0;

	while (count < PARTS && slice_cut(&rest, '|', &texts[count]))
		count++;
	for (size_t i = count; i-- > 0;) {
		AUTO(buf_release) struct buf path = BUF_INIT(128);

		parts[i].text = (struct buf)BUF_INIT(KIB * 64);
		expand(parts, count, i, texts[i]);
		require(!digest_of(buf_slice(&parts[i].text), &parts[i].digest, &err));
		if (i)
			add_reference(&parts[i], 'p', &path);
		else
			buf_add_text(&path,
				     slice_starts(texts[0], "[") ? "manifest.json" : "index.json");
		add_file(archive, path.data, buf_slice(&parts[i].text));
	}
	add_file(archive, "oci-layout", SLICE(LAYOUT_VERSION_FILE));
	for (size_t i = 0; i < count; i++)
		buf_release(&parts[i].text);
}

static void check_blob(struct engine *engine, const char *digest)
{
	struct error err = { 0 };
	AUTOCLOSE int fd = -1;

	require(!engine->ops->open_blob(engine, digest, &fd, &err));
}

static void check_image(struct load_archive *archive, size_t at)
{
	const struct engine_image *image = load_archive_image(archive, at);
	struct engine *engine = load_archive_engine(archive);
	AUTO(manifest_release) struct manifest manifest = { 0 };
	AUTO(buf_release) struct buf bytes = BUF_INIT(64 * KIB);
	AUTOFREE char *type = NULL;
	struct error err = { 0 };

	require(!engine->ops->read_manifest(engine, image->id, &bytes, &type, &err));
	require(!manifest_parse(buf_slice(&bytes), type, &manifest, &err));
	require(!strcmp(manifest.config.digest, image->id));
	require(manifest.item_count == image->layers.len);
	check_blob(engine, image->id);
	for (size_t i = 0; i < manifest.item_count; i++)
		check_blob(engine, manifest.items[i].digest);
}

static char state[] = "/tmp/git-image-fuzz-XXXXXX";

static void remove_state(void)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/git-image", state);
	rmdir(path);
	rmdir(state);
}

/* Once, for temporary files, which have no names. */
static void make_state(void)
{
	static bool is_made;

	if (is_made)
		return;
	is_made = true;
	require(mkdtemp(state) && !setenv("XDG_STATE_HOME", state, 1) && !atexit(remove_state));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(buf_release) struct buf bytes = BUF_INIT(MIB);
	AUTO(load_archive_freep) struct load_archive *archive = NULL;
	AUTOCLOSE int fd = memfd_create("archive", MFD_CLOEXEC);
	struct error err = { 0 };
	char path[64];

	make_state();
	write_archive((struct slice){ (const char *)data, size }, &bytes);
	require(fd >= 0 && !path_write_all(fd, buf_slice(&bytes)));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (load_all(path, &archive, &err)) {
		require(err.kind == ERROR_INPUT && err.message[0]);
		return 0;
	}
	require(load_archive_count(archive));
	for (size_t i = 0; i < load_archive_count(archive); i++)
		check_image(archive, i);
	return 0;
}
