/* SPDX-License-Identifier: MIT */
#include "context/recipe.h"

#include <stdlib.h>

#include "base/path.h"
#include "base/str.h"
#include "codec/digest.h"

/* What is known while a recipe is made. */
struct kitchen {
	struct recipe *recipe;
	struct source *source;
	const char *path;     /* of the Dockerfile, from the repository's root */
	const char *relative; /* in the context; NULL: it is outside */
	struct buf own;	      /* the context's own .dockerignore */
	bool has_own;
	bool is_special; /* not that one decides, but PATH.dockerignore */
};

/* 1 with the file's content, 0 if it is not there, -1. */
static int load(struct source *source, const char *path, struct buf *ret_content, struct error *err)
{
	if (!source_load(source, path, ret_content, err))
		return 1;
	if (!error_is(err, ERROR_NOT_FOUND))
		return error_wrap(err, "'%s' in %s", path, source->name);
	error_clear(err);
	return 0;
}

static int load_dockerfile(struct kitchen *kitchen, struct error *err)
{
	struct recipe *recipe = kitchen->recipe;
	int status = load(kitchen->source, kitchen->path, &recipe->text, err);

	if (status < 0)
		return -1;
	if (!status)
		return error_set(err, ERROR_NOT_FOUND, "no '%s' in %s", kitchen->path,
				 kitchen->source->name);
	return dockerfile_parse(buf_slice(&recipe->text), kitchen->path, &recipe->dockerfile, err);
}

static int load_ignore(struct kitchen *kitchen, const char *folder, struct error *err)
{
	AUTOFREE char *special_path = str_format(err, "%s" RECIPE_IGNORE_FILE, kitchen->path);
	AUTOFREE char *own_path = path_join(folder, RECIPE_IGNORE_FILE, err);
	struct recipe *recipe = kitchen->recipe;
	int has_special, has_own;

	if (!special_path || !own_path)
		return -1;
	has_special = load(kitchen->source, special_path, &recipe->rules, err);
	has_own = has_special < 0 ? -1 : load(kitchen->source, own_path, &kitchen->own, err);
	if (has_own < 0)
		return -1;
	kitchen->is_special = has_special;
	kitchen->has_own = has_own;
	if (!has_special && !has_own)
		return 0;
	if (!has_special)
		buf_add_slice(&recipe->rules, buf_slice(&kitchen->own));
	if (buf_check(&recipe->rules, RECIPE_IGNORE_FILE, err))
		return -1;
	return dockerignore_parse(buf_slice(&recipe->rules), has_special ? special_path : own_path,
				  &recipe->ignore, err);
}

static bool is_dropped(const struct recipe *recipe, const char *path)
{
	return recipe->ignore && dockerignore_excludes(recipe->ignore, path);
}

/* The same for the same file, and nobody's own name. */
static char *reserve_name(const struct kitchen *kitchen, struct error *err)
{
	AUTO(digest_release) struct digest digest = { 0 };
	const struct buf *text = &kitchen->recipe->text;
	struct digest_text hash;

	if (digest_init(&digest, err))
		return NULL;
	digest_add(&digest, kitchen->path, strlen(kitchen->path) + 1);
	digest_add(&digest, text->data, text->len);
	hash = digest_finish(&digest);
	return str_format(err, ".dockerfile.%.16s", strchr(hash.text, ':') + 1);
}

/* Under which name the Dockerfile travels. */
static int choose_name(struct kitchen *kitchen, struct error *err)
{
	struct recipe *recipe = kitchen->recipe;
	const char *relative = kitchen->relative;

	recipe->is_added = !relative || is_dropped(recipe, relative);
	if (!recipe->is_added || (relative && !strchr(relative, '/') && !kitchen->is_special))
		recipe->name = str_copy(relative, err);
	else
		recipe->name = reserve_name(kitchen, err);
	return recipe->name ? 0 : -1;
}

/* What .dockerignore of the tar has to say where the context's own one does
 * not say it. */
static int write_ignore(struct kitchen *kitchen, struct error *err)
{
	struct recipe *recipe = kitchen->recipe;
	struct buf *out = &recipe->ignore_text;
	bool is_own_kept = kitchen->has_own && !is_dropped(recipe, RECIPE_IGNORE_FILE);
	bool decides = kitchen->has_own && !kitchen->is_special;
	bool is_disarmed = is_own_kept && kitchen->is_special;
	bool is_hidden = decides && is_dropped(recipe, recipe->name);

	if (!is_disarmed && (!recipe->is_added || (is_hidden && is_own_kept)))
		return 0;
	if (is_own_kept || decides) {
		buf_add_slice(out, buf_slice(&kitchen->own));
		if (out->len && out->data[out->len - 1] != '\n')
			buf_add_char(out, '\n');
	} else {
		buf_add_text(out, RECIPE_IGNORE_FILE "\n");
	}
	if (is_disarmed)
		buf_add_text(out, "!**\n");
	if (recipe->is_added && !is_hidden)
		buf_add_format(out, "%s\n", recipe->name);
	recipe->has_ignore_text = true;
	return buf_check(out, RECIPE_IGNORE_FILE, err);
}

/* `path` below `folder`, else NULL. */
static const char *below(const char *folder, const char *path)
{
	size_t len = strlen(folder);

	if (!len)
		return path;
	return str_starts(path, folder) && path[len] == '/' ? path + len + 1 : NULL;
}

int recipe_load(struct recipe *recipe, struct source *source, const char *folder, const char *path,
		struct error *err)
{
	struct kitchen kitchen = {
		.recipe = recipe,
		.source = source,
		.path = path,
		.relative = below(folder, path),
		.own = BUF_INIT(LIMIT_DOCKERIGNORE),
	};
	int status;

	*recipe = (struct recipe){ 0 };
	buf_init(&recipe->text, LIMIT_DOCKERFILE);
	buf_init(&recipe->rules, LIMIT_DOCKERIGNORE);
	buf_init(&recipe->ignore_text, LIMIT_DOCKERIGNORE + LIMIT_PATH);
	recipe->path = str_copy(path, err);
	status = !recipe->path || load_dockerfile(&kitchen, err) ||
		 load_ignore(&kitchen, folder, err) || choose_name(&kitchen, err) ||
		 write_ignore(&kitchen, err);
	buf_release(&kitchen.own);
	if (!status)
		return 0;
	recipe_release(recipe);
	return -1;
}

void recipe_release(struct recipe *recipe)
{
	dockerfile_release(&recipe->dockerfile);
	dockerignore_free(recipe->ignore);
	buf_release(&recipe->text);
	buf_release(&recipe->rules);
	buf_release(&recipe->ignore_text);
	free(recipe->path);
	free(recipe->name);
	*recipe = (struct recipe){ 0 };
}
