/* SPDX-License-Identifier: MIT */
#include "flow/publish/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "base/time.h"
#include "codec/digest.h"
#include "codec/json.h"

#define JOURNAL_VERSION 1
/* A file's name: of the repository, "-", the run's id. */
#define KEY_LEN 16
#define RUN_LEN 16

#define TEXT(structure, name) JSON_REQUIRED(struct structure, name, #name, JSON_FIELD_TEXT)

static const struct json_field journal_fields[] = {
	TEXT(journal, commit),
	TEXT(journal, at),
	TEXT(journal, phase),
};
static const struct json_table journal_table = JSON_TABLE(journal_fields);

static const struct json_field image_fields[] = {
	TEXT(journal_image, name),
	TEXT(journal_image, repository),
	TEXT(journal_image, tag),
	TEXT(journal_image, id),
	JSON_FIELD(struct journal_image, digest, "digest", JSON_FIELD_TEXT),
};
static const struct json_table image_table = JSON_TABLE(image_fields);

static void image_release(struct journal_image *image)
{
	free(image->name);
	free(image->repository);
	free(image->tag);
	free(image->id);
	free(image->digest);
}

void journal_release(struct journal *journal)
{
	for (size_t i = 0; i < journal->len; i++)
		image_release(&journal->images[i]);
	free(journal->images);
	free(journal->path);
	free(journal->commit);
	free(journal->at);
	free(journal->phase);
	*journal = (struct journal){ 0 };
}

void journal_list_release(struct journal_list *list)
{
	for (size_t i = 0; i < list->len; i++)
		journal_release(&list->items[i]);
	free(list->items);
	*list = (struct journal_list){ 0 };
}

/* <state>/journals */
static char *folder_of(const struct run *run, struct error *err)
{
	return path_join(run->state_folder, "journals", err);
}

static int key_of(const struct run *run, char ret_key[KEY_LEN + 1], struct error *err)
{
	struct digest_text digest;

	if (digest_of(slice_of(repo_common_folder(run->repo)), &digest, err))
		return -1;
	memcpy(ret_key, digest.text + strlen("sha256:"), KEY_LEN);
	ret_key[KEY_LEN] = '\0';
	return 0;
}

int journal_init(struct journal *journal, const struct run *run, struct error *err)
{
	AUTOFREE char *folder = folder_of(run, err);
	char key[KEY_LEN + 1];

	*journal = (struct journal){ 0 };
	if (!folder || key_of(run, key, err) || path_make_folders(folder, 0700, err))
		return -1;
	journal->path = str_format(err, "%s/%s-%s", folder, key, run->id.text);
	journal->commit = str_copy(run->commit.sha, err);
	journal->at = str_copy(time_rfc3339(time_now()).text, err);
	return journal->path && journal->commit && journal->at ? 0 : -1;
}

struct journal_image *journal_add(struct journal *journal, struct error *err)
{
	struct journal_image *images =
		reallocarray(journal->images, journal->len + 1, sizeof(*images));

	if (!images) {
		error_set_memory(err);
		return NULL;
	}
	journal->images = images;
	images[journal->len] = (struct journal_image){ 0 };
	return &images[journal->len++];
}

void journal_drop(struct journal *journal, size_t image)
{
	image_release(&journal->images[image]);
	journal->images[image] = journal->images[--journal->len];
}

void journal_remove(const struct journal *journal)
{
	if (journal->path)
		unlink(journal->path);
}

static void write_text(const struct journal *journal, struct buf *text)
{
	struct json_writer writer = JSON_WRITER(text);

	json_open_object(&writer, NULL);
	json_add_int(&writer, "v", JOURNAL_VERSION);
	json_add_fields(&writer, &journal_table, journal);
	json_open_array(&writer, "images");
	for (size_t i = 0; i < journal->len; i++) {
		json_open_object(&writer, NULL);
		json_add_fields(&writer, &image_table, &journal->images[i]);
		json_close_object(&writer);
	}
	json_close_array(&writer);
	json_close_object(&writer);
}

/* The name is on the disk only once its folder is. */
static int sync_folder(const char *path, struct error *err)
{
	AUTOFREE char *folder = path_folder(path, err);
	AUTOCLOSE int fd = -1;

	if (!folder)
		return -1;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd))
		return error_set_errno(err, errno, "cannot write '%s'", folder);
	return 0;
}

int journal_write(const struct journal *journal, struct error *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_JSON_DOCUMENT);

	if (!journal->len) {
		journal_remove(journal);
		return 0;
	}
	write_text(journal, &text);
	if (buf_check(&text, "a journal", err) ||
	    path_write(journal->path, buf_slice(&text), 0600, err))
		return -1;
	return sync_folder(journal->path, err);
}

static int read_images(const struct json *images, struct journal *journal, struct error *err)
{
	for (struct json *child = json_first(images); child; child = json_next(child)) {
		struct journal_image *image = journal_add(journal, err);

		if (!image || json_read(child, "image", &image_table, image, err))
			return -1;
	}
	return 0;
}

static int parse(struct slice text, struct journal *journal, struct error *err)
{
	AUTO(json_freep) struct json *json = json_parse(text, err);
	int64_t version;

	if (!json)
		return -1;
	version = json_int(json_get(json, "v"), 0);
	if (version != JOURNAL_VERSION)
		return error_set(err, version > JOURNAL_VERSION ? ERROR_UNSUPPORTED : ERROR_INPUT,
				 "it is of another version");
	if (json_read(json, "journal", &journal_table, journal, err) ||
	    read_images(json_get(json, "images"), journal, err))
		return -1;
	if (!str_is_hex(journal->commit, 40))
		return error_set(err, ERROR_INPUT, "'%.60s' is no commit", journal->commit);
	return 0;
}

/* 1, or 0 if it says nothing. One that makes no sense is removed; one that cannot be read
 * now may be later, or by a later version. */
static int read_journal(const struct run *run, struct journal *journal, struct error *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_JSON_DOCUMENT);
	bool is_read = !path_read(journal->path, &text, err), is_others;

	if (is_read && !parse(buf_slice(&text), journal, err))
		return 1;
	if (error_is(err, ERROR_MEMORY))
		return -1;
	is_others = error_is(err, ERROR_UNSUPPORTED);
	error_clear(err);
	if (is_read && !is_others && !run->options.is_dry_run)
		journal_remove(journal);
	return 0;
}

/* Takes `path` over. */
static int add_journal(const struct run *run, struct journal_list *list, char *path,
		       struct error *err)
{
	AUTO(journal_release) struct journal journal = { .path = path };
	struct journal *items;
	int status = read_journal(run, &journal, err);

	if (status <= 0)
		return status;
	items = reallocarray(list->items, list->len + 1, sizeof(*items));
	if (!items)
		return error_set_memory(err);
	list->items = items;
	items[list->len++] = journal;
	journal = (struct journal){ 0 };
	return 0;
}

/* Is it of that repository, and of a run that has ended? */
static bool is_left(const struct run *run, const char *name, const char *key)
{
	char id[RUN_LEN + 1];

	if (strncmp(name, key, KEY_LEN) != 0 || name[KEY_LEN] != '-')
		return false;
	name += KEY_LEN + 1;
	if (strlen(name) < RUN_LEN)
		return false;
	memcpy(id, name, RUN_LEN);
	id[RUN_LEN] = '\0';
	return !run_is_alive(run, id);
}

static int read_folder(const struct run *run, DIR *dir, const char *folder,
		       struct journal_list *list, struct error *err)
{
	struct dirent *entry;
	char key[KEY_LEN + 1];

	if (key_of(run, key, err))
		return -1;
	while ((entry = readdir(dir))) {
		char *path;

		if (!is_left(run, entry->d_name, key))
			continue;
		/* Killed while it was written: the one before it still holds. */
		if (entry->d_name[KEY_LEN + 1 + RUN_LEN]) {
			if (!run->options.is_dry_run)
				unlinkat(dirfd(dir), entry->d_name, 0);
			continue;
		}
		path = path_join(folder, entry->d_name, err);
		if (!path || add_journal(run, list, path, err))
			return -1;
	}
	return 0;
}

int journal_find(const struct run *run, struct journal_list *ret_list, struct error *err)
{
	AUTO(journal_list_release) struct journal_list list = { 0 };
	AUTOFREE char *folder = folder_of(run, err);
	DIR *dir = folder ? opendir(folder) : NULL;
	int status;

	if (!dir)
		return folder ? 0 : -1;
	status = read_folder(run, dir, folder, &list, err);
	closedir(dir);
	if (status)
		return -1;
	*ret_list = list;
	list = (struct journal_list){ 0 };
	return 0;
}
