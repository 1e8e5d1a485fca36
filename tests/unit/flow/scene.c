/* SPDX-License-Identifier: MIT */
#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/path.h"
#include "flow/config/configure.h"

void scene_commit(const struct world *world, const char *const *files)
{
	struct error err = { 0 };

	WORLD_GIT(world, NULL, "rm", "-rqf", "--ignore-unmatch", ".");
	for (size_t i = 0; i < SCENE_FILES_MAX && files[i]; i++) {
		struct slice rest = slice_of(files[i]), name = { 0 };
		AUTOFREE char *path = NULL, *folder = NULL;

		assert_true(slice_cut(&rest, '\n', &name));
		path = str_format(&err, "%s/%.*s", world->folder, (int)name.len, name.data);
		folder = path_folder(path, &err);
		assert_int_equal(path_make_folders(folder, 0755, &err), 0);
		assert_int_equal(path_write(path, rest, 0644, &err), 0);
	}
	WORLD_GIT(world, NULL, "add", "-A");
	WORLD_GIT(world, NULL, "commit", "-q", "--allow-empty", "-m", "files");
}

void scene_close(struct scene *scene)
{
	graph_release(&scene->graph);
	configuration_release(&scene->configuration);
	run_close(&scene->run);
}

int scene_open(struct scene *scene, const struct world *world, const char *words, struct error *err)
{
	AUTO(strv_release) struct strv names = { 0 };
	struct slice rest = slice_of(words ? words : ""), name;

	while (slice_cut(&rest, ' ', &name))
		assert_int_equal(strv_add_slice(&names, name, err), 0);
	assert_int_equal(
		run_open(&(struct run_options){ .folder = world->folder }, NULL, &scene->run, err),
		0);
	if (configure_read(&scene->run, &scene->configuration, err))
		return -1;
	return graph_open(&scene->run, &scene->configuration, &names, &scene->graph, err);
}
