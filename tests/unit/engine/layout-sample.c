/* SPDX-License-Identifier: MIT */
#include "layout-sample.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/path.h"
#include "base/process.h"
#include "codec/tar.h"

char folder[32];

int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/test-layout-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

int remove_folder(void **state)
{
	const char *const argv[] = { "rm", "-rf", folder, NULL };
	AUTO(buf_release) struct buf output = BUF_INIT(1);
	struct error err = { 0 };

	(void)state;
	return process_run(&(struct process_options){ .argv = argv }, &output, NULL, &err);
}

void check(int status, const struct error *err)
{
	if (status)
		fail_msg("%s", err->message);
}

void open_layout(const char *name, struct layout *layout)
{
	struct error err = { 0 };
	AUTOFREE char *path = path_join(folder, name, &err);

	check(layout_open(path, layout, &err), &err);
}

size_t count_files(const struct layout *layout, const char *name)
{
	struct error err = { 0 };
	AUTOFREE char *path = path_join(layout->folder, name, &err);
	DIR *dir = opendir(path);
	struct dirent *file;
	size_t count = 0;

	assert_non_null(dir);
	while ((file = readdir(dir)))
		count += file->d_name[0] != '.';
	closedir(dir);
	return count;
}

void sample_release(struct sample *sample)
{
	for (size_t i = 0; i < ARRAY_SIZE(sample->parts); i++)
		buf_release(&sample->parts[i]);
}

void add_file(struct buf *out, const char *path, struct slice content)
{
	static const char zeros[TAR_BLOCK];

	tar_write_header(out, &(struct tar_entry){ .type = TAR_FILE,
						   .path = path,
						   .mode = 0644,
						   .size = (int64_t)content.len });
	buf_add_slice(out, content);
	buf_add(out, zeros, tar_padding((int64_t)content.len));
}

struct digest_text add_blob(struct sample *sample, struct slice content)
{
	struct buf *part = &sample->parts[sample->len++];
	struct digest_text digest;
	struct error err = { 0 };
	char path[96];

	buf_init(part, 64 * MIB);
	check(digest_of(content, &digest, &err), &err);
	snprintf(path, sizeof(path), "blobs/sha256/%s", digest.text + strlen("sha256:"));
	add_file(part, path, content);
	return digest;
}

static void write_config(struct buf *out, const char *name, const struct flaw *flaw)
{
	buf_add_format(out,
		       "{\"architecture\":\"amd64\",\"os\":\"linux\","
		       "\"created\":\"2024-01-02T03:04:05Z\",\"config\":{\"User\":\"web\","
		       "\"Env\":[\"A=b\"],\"Cmd\":[\"/%s\"],\"Shell\":[\"/bin/ash\",\"-c\"],"
		       "\"Labels\":{\"git-image.content\":\"app\",\"x\":\"y\"},"
		       "\"Healthcheck\":{\"Test\":[\"CMD\",\"/ok\"],\"Interval\":2000000000}},"
		       "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"" DIFF_ID "\"%s]},"
		       "\"history\":[{\"created_by\":\"COPY\"},{\"created_by\":\"COPY\"}]}",
		       name, flaw->has_one_diff_id ? "" : ",\"" DIFF_ID "\"");
}

static void describe(struct buf *out, const char *type, const char *digest, size_t size)
{
	buf_add_format(out, "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%zu}", type, digest,
		       size);
}

static void write_index(struct sample *sample, struct digest_text manifest, size_t size,
			const struct flaw *flaw)
{
	AUTO(buf_release) struct buf index = BUF_INIT(MIB);
	struct buf *part = &sample->parts[sample->len++];

	buf_add_text(&index, "{\"schemaVersion\":2,\"manifests\":[");
	describe(&index, MANIFEST_TYPE, manifest.text, size);
	if (flaw->has_two_images) {
		buf_add_char(&index, ',');
		describe(&index, MANIFEST_TYPE, DIFF_ID, 3);
	}
	buf_add_text(&index, "]}");
	buf_init(part, 64 * MIB);
	add_file(part, "index.json", flaw->index ? slice_of(flaw->index) : buf_slice(&index));
}

void make_sample(struct sample *sample, const char *name, const struct flaw *flaw)
{
	AUTO(buf_release) struct buf config = BUF_INIT(MIB), manifest = BUF_INIT(MIB);
	struct digest_text layer, common, digest;

	*sample = (struct sample){ .order = "01234", .piece = 4096 };
	for (size_t i = PART_COUNT; i < ARRAY_SIZE(sample->parts); i++)
		buf_init(&sample->parts[i], 64 * MIB);
	layer = add_blob(sample, slice_of(name));
	common = add_blob(sample, SLICE("common"));
	write_config(&config, name, flaw);
	digest = add_blob(sample, buf_slice(&config));
	buf_add_text(&manifest,
		     "{\"schemaVersion\":2,\"mediaType\":\"" MANIFEST_TYPE "\",\"config\":");
	describe(&manifest, CONFIG_TYPE, digest.text, config.len);
	buf_add_text(&manifest, ",\"layers\":[");
	describe(&manifest, LAYER_TYPE, common.text, strlen("common"));
	buf_add_char(&manifest, ',');
	describe(&manifest, LAYER_TYPE, layer.text, strlen(name) - (size_t)flaw->missing_byte);
	buf_add_text(&manifest, "]}");
	digest = add_blob(sample, buf_slice(&manifest));
	write_index(sample, digest, manifest.len, flaw);
}

int feed(struct layout_import *import, const struct sample *sample, struct error *err)
{
	AUTO(buf_release) struct buf archive = BUF_INIT(64 * MIB);
	struct slice rest;

	for (const char *order = sample->order; *order; order++)
		buf_add_slice(&archive, buf_slice(&sample->parts[*order - '0']));
	tar_write_end(&archive);
	assert_false(archive.has_failed);
	for (rest = buf_slice(&archive); rest.len; rest = slice_skip(rest, sample->piece))
		if (layout_import_feed(import, rest.data,
				       rest.len < sample->piece ? rest.len : sample->piece, err))
			return -1;
	return 0;
}

int take_in(const struct layout *layout, const struct sample *sample, char **ret_id,
	    struct error *err)
{
	AUTO(layout_import_freep) struct layout_import *import = NULL;

	if (layout_import_new(layout, &import, err) || feed(import, sample, err))
		return -1;
	return layout_import_finish(import, ret_id, err);
}

int take_in_named(const struct layout *layout, const char *name, char **ret_id, struct error *err)
{
	AUTO(sample_release) struct sample sample;

	make_sample(&sample, name, &(struct flaw){ 0 });
	return take_in(layout, &sample, ret_id, err);
}

int stamp(const struct layout *layout, const char *id, const char *sha, char **ret_id,
	  struct error *err)
{
	AUTO(strmap_release) struct strmap env = { 0 }, labels = { 0 };

	if (strmap_set(&env, "SHA", sha, err) || strmap_set(&labels, "revision", sha, err) ||
	    strmap_set(&labels, ENGINE_CONTENT_LABEL, "", err))
		return -1;
	return layout_stamp(layout,
			    &(struct engine_stamp){ .content_id = id,
						    .env = &env,
						    .labels = &labels,
						    .created = 1700000000,
						    .repository = "app",
						    .tag = sha },
			    ret_id, err);
}

void assert_tags(const struct layout *layout, const char *reference, const char *expected)
{
	AUTO(engine_image_release) struct engine_image image = { 0 };
	AUTO(buf_release) struct buf found = BUF_INIT(4096);
	struct error err = { 0 };

	if (layout_inspect(layout, reference, &image, &err))
		buf_add_text(&found, error_kind_name(err.kind));
	for (size_t i = 0; i < image.tags.len; i++)
		buf_add_format(&found, "%s%s", i ? " " : "", image.tags.items[i]);
	assert_string_equal(found.data, expected);
}

size_t count_images(const struct layout *layout, const char *repository, bool is_dangling)
{
	AUTO(engine_image_list_release) struct engine_image_list list = { 0 };
	struct error err = { 0 };

	check(layout_list(layout, repository, is_dangling, &list, &err), &err);
	return list.len;
}
