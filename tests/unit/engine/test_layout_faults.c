/* SPDX-License-Identifier: MIT */
/* Killed, raced, on a full disk: the store stays whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/path.h"
#include "image/manifest.h"
#include "layout-sample.h"

/* The disk takes so many more bytes; less than 0: there is no end of it. */
static int64_t disk_left = -1;

ssize_t write(int fd, const void *data, size_t len)
{
	struct stat st;

	if (disk_left < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return syscall(SYS_write, fd, data, len);
	if ((int64_t)len > disk_left) {
		errno = ENOSPC;
		return -1;
	}
	disk_left -= (int64_t)len;
	return syscall(SYS_write, fd, data, len);
}

/* Each byte that the disk lacks is tried; whatever fails, nothing has changed. */
static void test_a_full_disk_changes_nothing(void **state)
{
	AUTO(layout_release) struct layout layout = { 0 };
	AUTOFREE char *first = NULL, *kept = NULL;
	struct error err = { 0 };
	int failures = 0;

	(void)state;
	open_layout("full", &layout);
	check(take_in_named(&layout, "first", &first, &err), &err);
	check(stamp(&layout, first, "1", &kept, &err), &err);
	for (int64_t room = 0;; room += 13) {
		AUTOFREE char *id = NULL, *stamped = NULL;
		int status;

		disk_left = room;
		status = take_in_named(&layout, "web", &id, &err) ||
			 stamp(&layout, id, "2", &stamped, &err);
		disk_left = -1;
		if (!status)
			break;
		failures++;
		assert_int_equal(err.kind, ERROR_SYSTEM);
		assert_non_null(strstr(err.message, layout.folder));
		assert_non_null(strstr(error_get_hint(&err), "free some space"));
		assert_tags(&layout, "app:1", "app:1");
		assert_tags(&layout, "app:2", "not-found");
		assert_int_equal(count_files(&layout, "incoming"), 0);
	}
	assert_true(failures > 50);
	assert_tags(&layout, "app:2", "app:2");
	assert_int_equal(count_files(&layout, "blobs/sha256"), 7); /* "common" is shared */
}

/* Builds and removes for ever. */
static void work_until_killed(const char *path)
{
	struct layout layout = { 0 };
	struct error err = { 0 };

	for (int i = 0;; i++) {
		char *id = NULL, *stamped = NULL;
		char name[24];

		if (!layout.folder && layout_open(path, &layout, &err))
			_exit(1);
		snprintf(name, sizeof(name), "name%d", i % 3);
		if (take_in_named(&layout, name, &id, &err) ||
		    stamp(&layout, id, name, &stamped, &err) ||
		    layout_tag(&layout, stamped, "app", "latest", &err) ||
		    (i % 2 && layout_remove(&layout, "app:latest", &err)))
			_exit(1);
		free(id);
		free(stamped);
	}
}

/* Every image that is named has all of its parts. */
static void check_whole(const struct layout *layout)
{
	AUTO(engine_image_list_release) struct engine_image_list list = { 0 };
	struct error err = { 0 };

	check(layout_list(layout, NULL, false, &list, &err), &err);
	for (size_t i = 0; i < list.len; i++) {
		AUTO(buf_release) struct buf bytes = BUF_INIT(MIB);
		AUTO(manifest_release) struct manifest manifest = { 0 };
		AUTOFREE char *type = NULL;

		check(layout_read_manifest(layout, list.items[i].id, &bytes, &type, &err), &err);
		check(manifest_parse(buf_slice(&bytes), type, &manifest, &err), &err);
		for (size_t j = 0; j < manifest.item_count; j++) {
			AUTOCLOSE int fd = -1;
			struct stat st;

			check(layout_open_blob(layout, manifest.items[j].digest, &fd, &err), &err);
			assert_int_equal(fstat(fd, &st), 0);
			assert_int_equal(st.st_size, manifest.items[j].size);
		}
	}
}

static void remove_all(const struct layout *layout)
{
	AUTO(engine_image_list_release) struct engine_image_list list = { 0 };
	struct error err = { 0 };

	check(layout_list(layout, NULL, false, &list, &err), &err);
	for (size_t i = 0; i < list.len; i++) {
		for (size_t j = 0; j < list.items[i].tags.len; j++)
			check(layout_remove(layout, list.items[i].tags.items[j], &err), &err);
		if (!list.items[i].tags.len)
			check(layout_remove(layout, list.items[i].id, &err), &err);
	}
}

static void test_killed_at_any_instant_the_store_is_whole(void **state)
{
	AUTO(layout_release) struct layout layout = { 0 };
	AUTOFREE char *path = NULL;
	struct error err = { 0 };

	(void)state;
	path = path_join(folder, "killed", &err);
	for (int i = 0; i < 40; i++) {
		pid_t child = fork();
		int status;

		if (!child)
			work_until_killed(path);
		usleep(1000 + (useconds_t)i * 1700);
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		layout_release(&layout);
		open_layout("killed", &layout);
		check_whole(&layout);
	}
	{
		AUTOFREE char *id = NULL;

		check(take_in_named(&layout, "last", &id, &err), &err);
	}
	remove_all(&layout);
	assert_int_equal(count_files(&layout, "blobs/sha256"), 0);
	assert_int_equal(count_files(&layout, "incoming"), 0);
	assert_int_equal(count_files(&layout, "."), 6);
}

static int work_beside_others(int number)
{
	struct layout layout = { 0 };
	struct error err = { 0 };
	char tag[24];

	open_layout("beside", &layout);
	for (int i = 0; i < 12; i++) {
		AUTOFREE char *id = NULL, *stamped = NULL, *name = NULL;

		snprintf(tag, sizeof(tag), "tag%d-%d", number, i);
		name = str_format(&err, "app:%s", tag);
		if (take_in_named(&layout, tag, &id, &err) ||
		    stamp(&layout, id, tag, &stamped, &err) ||
		    (i && layout_remove(&layout, name, &err))) {
			fprintf(stderr, "# %s\n", err.message);
			return 1;
		}
	}
	layout_release(&layout);
	return 0;
}

static void test_four_at_once_do_not_disturb_each_other(void **state)
{
	AUTO(layout_release) struct layout layout = { 0 };
	pid_t children[4];

	(void)state;
	for (int i = 0; i < 4; i++) {
		children[i] = fork();
		if (!children[i])
			_exit(work_beside_others(i));
	}
	for (int i = 0; i < 4; i++) {
		int status;

		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	open_layout("beside", &layout);
	check_whole(&layout);
	assert_int_equal(count_images(&layout, "app", false), 4);
	assert_int_equal(count_images(&layout, NULL, true), 0);
	remove_all(&layout);
	assert_int_equal(count_files(&layout, "blobs/sha256"), 0);
}

/* While one takes an image in, another's change does not take its blobs away. */
static void test_blobs_stay_while_they_come_in(void **state)
{
	AUTO(layout_import_freep) struct layout_import *import = NULL;
	AUTO(layout_release) struct layout layout = { 0 };
	AUTO(sample_release) struct sample sample;
	AUTOFREE char *other = NULL, *id = NULL;
	struct error err = { 0 };

	(void)state;
	open_layout("staying", &layout);
	make_sample(&sample, "web", &(struct flaw){ 0 });
	check(layout_import_new(&layout, &import, &err), &err);
	check(layout_import_feed(import, sample.parts[0].data, sample.parts[0].len, &err), &err);
	check(take_in_named(&layout, "other", &other, &err), &err);
	check(layout_remove(&layout, other, &err), &err);
	sample.order = "1234";
	check(feed(import, &sample, &err), &err);
	check(layout_import_finish(import, &id, &err), &err);
	check_whole(&layout);
	assert_int_equal(count_files(&layout, "blobs/sha256"), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_full_disk_changes_nothing),
		cmocka_unit_test(test_killed_at_any_instant_the_store_is_whole),
		cmocka_unit_test(test_four_at_once_do_not_disturb_each_other),
		cmocka_unit_test(test_blobs_stay_while_they_come_in),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
