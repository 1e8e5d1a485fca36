/* SPDX-License-Identifier: MIT */
#include "git/worktree-walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

#include "base/path.h"

static void level_release(struct worktree_level *level)
{
	cleanup_close(&level->fd);
	strv_release(&level->names);
	ignore_release(&level->rules);
}

/* A repository in a folder is one entry, as git would add it. */
static bool is_repository(int fd, const char *name)
{
	char path[NAME_MAX + sizeof("/.git")];

	snprintf(path, sizeof(path), "%s/.git", name);
	return !faccessat(fd, path, F_OK, AT_SYMLINK_NOFOLLOW);
}

static bool is_folder(int fd, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_DIR;
	return !fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) && S_ISDIR(st.st_mode);
}

static int add_name(struct worktree_level *level, const struct dirent *entry, struct error *err)
{
	if (!repo_is_safe_name(entry->d_name))
		return 0;
	if (!is_folder(level->fd, entry) || is_repository(level->fd, entry->d_name))
		return strv_add(&level->names, entry->d_name, err);
	return strv_add_taken(&level->names, str_format(err, "%s/", entry->d_name), err);
}

static void close_folder(DIR **folder)
{
	if (*folder)
		closedir(*folder);
}

static int read_names(struct worktree_walk *walk, struct worktree_level *level, struct error *err)
{
	int copy = fcntl(level->fd, F_DUPFD_CLOEXEC, 0);
	AUTO(close_folder) DIR *folder = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;

	if (!folder) {
		error_set_errno(err, errno, "cannot read '%s'", walk->path.data);
		cleanup_close(&copy);
		return -1;
	}
	while ((entry = readdir(folder)))
		if (add_name(level, entry, err))
			return -1;
	strv_sort(&level->names);
	return 0;
}

/* The folder of walk->path, with its slash; takes the descriptor over. */
static int push_level(struct worktree_walk *walk, int fd, bool is_excluded, struct error *err)
{
	struct worktree_level level = { .fd = fd,
					.path_len = walk->path.len,
					.is_excluded = is_excluded };

	if (walk->depth < LIMIT_TREE_DEPTH) {
		walk->levels[walk->depth++] = level;
		return ignore_read(fd, ".gitignore", &walk->levels[walk->depth - 1].rules, err);
	}
	level_release(&level);
	return error_set(err, ERROR_INPUT, "the work tree has more than %d levels of folders",
			 LIMIT_TREE_DEPTH);
}

static int enter(struct worktree_walk *walk, const char *name, bool is_excluded, struct error *err)
{
	const struct worktree_level *level = &walk->levels[walk->depth - 1];
	struct slice plain = { name, strlen(name) - 1 };
	AUTOFREE char *copy = str_copy_slice(plain, err);
	int fd;

	if (!copy)
		return -1;
	fd = openat(level->fd, copy, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return 0; /* it was replaced meanwhile */
	if (fd < 0)
		return error_set_errno(err, errno, "cannot read '%s'", walk->path.data);
	if (push_level(walk, fd, is_excluded, err))
		return -1;
	return read_names(walk, &walk->levels[walk->depth - 1], err);
}

static void pop_level(struct worktree_walk *walk)
{
	level_release(&walk->levels[--walk->depth]);
}

#define S_ISGITLINK(mode) (((mode)&S_IFMT) == 0160000)

/* The index stands before the walk's prefix or behind it. */
static bool has_tracked(const struct worktree_walk *walk)
{
	return walk->cursor.has_entry &&
	       !strncmp(walk->cursor.entry.path, walk->path.data, walk->prefix_len);
}

static void take_entry(struct worktree_walk *walk)
{
	const struct index_entry *entry = &walk->cursor.entry;

	walk->item = (struct worktree_item){ .oid = entry->oid,
					     .is_tracked = true,
					     .is_assumed = entry->is_assumed };
}

static enum tree_kind kind_of(const struct worktree_walk *walk, const struct stat *st)
{
	mode_t mode = st->st_mode;

	if (S_ISDIR(mode))
		return TREE_SUBMODULE;
	if (S_ISLNK(mode))
		return TREE_SYMLINK;
	if (!walk->has_modes)
		mode = walk->item.is_tracked ? walk->cursor.entry.mode : 0;
	return mode & S_IXUSR ? TREE_EXECUTABLE : TREE_FILE;
}

/* 1 with the file that the path names, 0 if it is gone or no file. */
static int look_at(struct worktree_walk *walk, const char *name)
{
	const struct worktree_level *level = &walk->levels[walk->depth - 1];
	struct stat st;

	if (fstatat(level->fd, name, &st, AT_SYMLINK_NOFOLLOW) ||
	    !(S_ISREG(st.st_mode) || S_ISLNK(st.st_mode) || S_ISDIR(st.st_mode)))
		return 0;
	walk->item.kind = kind_of(walk, &st);
	walk->item.size = S_ISDIR(st.st_mode) ? 0 : st.st_size;
	walk->item.is_clean = walk->item.is_tracked && !S_ISDIR(st.st_mode) &&
			      index_cursor_is_clean(&walk->cursor, &st);
	return 1;
}

/* A submodule that is not checked out is an empty folder; true if the current
 * entry is one in the current folder. */
static bool is_empty_submodule(const struct worktree_walk *walk)
{
	const struct worktree_level *level = walk->depth ? &walk->levels[walk->depth - 1] : NULL;
	const struct index_entry *entry = &walk->cursor.entry;
	const char *slash = strrchr(entry->path, '/');
	size_t folder_len = slash ? (size_t)(slash + 1 - entry->path) : 0;
	struct stat st;

	return S_ISGITLINK(entry->mode) && level && level->path_len == folder_len &&
	       !strncmp(entry->path, walk->path.data, folder_len) &&
	       !fstatat(level->fd, entry->path + folder_len, &st, AT_SYMLINK_NOFOLLOW) &&
	       S_ISDIR(st.st_mode);
}

/* The index's entry for which the disk has nothing. */
static int give_deleted(struct worktree_walk *walk, struct error *err)
{
	take_entry(walk);
	if (is_empty_submodule(walk))
		walk->item.kind = TREE_SUBMODULE;
	else
		walk->item.is_deleted = true;
	buf_truncate(&walk->path, 0);
	buf_add_text(&walk->path, walk->cursor.entry.path);
	index_cursor_next(&walk->cursor);
	return buf_check(&walk->path, "a path", err) ? -1 : 1;
}

/* The rules of the nearest folder win, those for everywhere come last. */
static bool is_ignored(const struct worktree_walk *walk, const char *path, bool is_folder)
{
	enum ignore_answer answer = IGNORE_UNSAID;

	if (walk->levels[walk->depth - 1].is_excluded)
		return true;
	for (size_t i = walk->depth; i && answer == IGNORE_UNSAID; i--) {
		const struct worktree_level *level = &walk->levels[i - 1];

		answer = ignore_match(&level->rules, path + level->path_len, is_folder);
	}
	for (size_t i = ARRAY_SIZE(walk->everywhere); i && answer == IGNORE_UNSAID; i--)
		answer = ignore_match(&walk->everywhere[i - 1], path, is_folder);
	return answer == IGNORE_YES;
}

/* The same for walk->path, a folder's with its slash. */
static bool is_folder_ignored(struct worktree_walk *walk)
{
	char *slash = walk->path.data + walk->path.len - 1;
	bool ignored;

	*slash = '\0';
	ignored = is_ignored(walk, walk->path.data, true);
	*slash = '/';
	return ignored;
}

static int read_everywhere(struct worktree_walk *walk, struct error *err)
{
	AUTO(git_buf_dispose) git_buf set = { 0 };
	AUTOFREE char *own = path_join(walk->repo->common_folder, "info/exclude", err);
	AUTOFREE char *users = NULL;
	const char *home = getenv("HOME"), *config = getenv("XDG_CONFIG_HOME");

	if (!git_config_get_path(&set, walk->repo->config, "core.excludesfile"))
		users = str_copy(set.ptr, err);
	else if (config && *config)
		users = path_join(config, "git/ignore", err);
	else
		users = path_join(home ? home : "/nowhere", ".config/git/ignore", err);
	if (!own || !users)
		return -1;
	if (ignore_read(AT_FDCWD, users, &walk->everywhere[0], err))
		return -1;
	return ignore_read(AT_FDCWD, own, &walk->everywhere[1], err);
}

static int visit_folder(struct worktree_walk *walk, const char *name, struct error *err)
{
	bool ignored = is_folder_ignored(walk);
	bool tracked = has_tracked(walk) && str_starts(walk->cursor.entry.path, walk->path.data);

	return ignored && !tracked ? 0 : enter(walk, name, ignored, err);
}

static int visit_file(struct worktree_walk *walk, const char *name, struct error *err)
{
	if (has_tracked(walk) && !strcmp(walk->cursor.entry.path, walk->path.data)) {
		take_entry(walk);
		if (!look_at(walk, name))
			return give_deleted(walk, err);
		index_cursor_next(&walk->cursor);
		return 1;
	}
	walk->item = (struct worktree_item){ 0 };
	return look_at(walk, name) &&
	       !is_ignored(walk, walk->path.data, walk->item.kind == TREE_SUBMODULE);
}

int worktree_walk_step(struct worktree_walk *walk, struct error *err)
{
	while (walk->depth) {
		struct worktree_level *level = &walk->levels[walk->depth - 1];
		const char *name;
		int status;

		if (level->next == level->names.len) {
			pop_level(walk);
			continue;
		}
		name = level->names.items[level->next];
		buf_truncate(&walk->path, level->path_len);
		buf_add_text(&walk->path, name);
		if (buf_check(&walk->path, "a path in the work tree", err))
			return -1;
		if (has_tracked(walk) && strcmp(walk->cursor.entry.path, walk->path.data) < 0)
			return give_deleted(walk, err);
		level->next++;
		status = str_ends(name, "/") ? visit_folder(walk, name, err)
					     : visit_file(walk, name, err);
		if (status)
			return status;
	}
	return has_tracked(walk) ? give_deleted(walk, err) : 0;
}

/* The folders down to the prefix, of which only the last one is read. */
static int start_folders(struct worktree_walk *walk, const char *wanted, struct error *err)
{
	struct slice prefix = slice_of(wanted), rest = prefix, name;
	int fd;

	if (worktree_open_folder(walk->repo, (struct slice){ 0 }, wanted, &fd, err) ||
	    push_level(walk, fd, false, err))
		return -1;
	while (slice_cut(&rest, '/', &name)) {
		struct slice folder = { prefix.data, (size_t)(name.data - prefix.data) + name.len };

		if (worktree_open_folder(walk->repo, folder, wanted, &fd, err))
			return -1;
		buf_add_slice(&walk->path, name);
		buf_add_char(&walk->path, '/');
		if (push_level(walk, fd, is_folder_ignored(walk), err))
			return -1;
	}
	for (size_t i = 0; i < walk->depth; i++)
		walk->levels[i].is_returned = true;
	walk->prefix_len = walk->path.len;
	return read_names(walk, &walk->levels[walk->depth - 1], err);
}

static int start(struct worktree_walk *walk, const char *prefix, struct error *err)
{
	int has_modes = 1;

	if (read_everywhere(walk, err) || start_folders(walk, prefix, err) ||
	    index_cursor_open(&walk->cursor, walk->repo, err))
		return -1;
	while (walk->cursor.has_entry && strcmp(walk->cursor.entry.path, walk->path.data) < 0)
		index_cursor_next(&walk->cursor);
	(void)git_config_get_bool(&has_modes, walk->repo->config, "core.filemode");
	walk->has_modes = has_modes;
	return 0;
}

int worktree_walk_open(struct git_repo *repo, const char *prefix, struct worktree_walk **ret_walk,
		       struct error *err)
{
	AUTO(worktree_walk_freep) struct worktree_walk *walk = calloc(1, sizeof(*walk));

	if (!walk)
		return error_set_memory(err);
	walk->repo = repo;
	buf_init(&walk->path, LIMIT_PATH);
	buf_init(&walk->folder, LIMIT_PATH);
	if (start(walk, prefix, err))
		return -1;
	*ret_walk = TAKE(walk);
	return 0;
}

/* The outermost folder of the item that was not returned yet; 0 if all were. */
static size_t next_folder(const struct worktree_walk *walk)
{
	for (size_t i = 1; i < walk->depth; i++)
		if (!walk->levels[i].is_returned)
			return i;
	return 0;
}

int worktree_walk_next(struct worktree_walk *walk, struct worktree_file *ret_file,
		       struct error *err)
{
	while (!walk->has_item) {
		int status = worktree_walk_step(walk, err);

		if (status <= 0)
			return status;
		walk->has_item = !walk->item.is_deleted;
	}
	walk->folder_depth = next_folder(walk);
	if (walk->folder_depth) {
		struct worktree_level *level = &walk->levels[walk->folder_depth];

		level->is_returned = true;
		buf_reset(&walk->folder);
		buf_add(&walk->folder, walk->path.data, level->path_len - 1);
		if (buf_check(&walk->folder, "a path", err))
			return -1;
		*ret_file = (struct worktree_file){ .path = walk->folder.data + walk->prefix_len,
						    .kind = TREE_FOLDER };
		return 1;
	}
	walk->has_item = false;
	*ret_file = (struct worktree_file){ .path = walk->path.data + walk->prefix_len,
					    .kind = walk->item.kind,
					    .size = walk->item.size };
	return 1;
}

void worktree_walk_skip(struct worktree_walk *walk)
{
	while (walk->folder_depth && walk->depth > walk->folder_depth) {
		pop_level(walk);
		walk->has_item = false;
	}
}

void worktree_walk_free(struct worktree_walk *walk)
{
	if (!walk)
		return;
	while (walk->depth)
		pop_level(walk);
	for (size_t i = 0; i < ARRAY_SIZE(walk->everywhere); i++)
		ignore_release(&walk->everywhere[i]);
	index_cursor_release(&walk->cursor);
	buf_release(&walk->folder);
	buf_release(&walk->path);
	free(walk);
}

void worktree_walk_freep(struct worktree_walk **walk)
{
	worktree_walk_free(*walk);
}
