/* SPDX-License-Identifier: MIT */
#include "context/recipe.h"

#include <stdlib.h>

#include "base/path.h"
#include "base/str.h"
#include "context/variant.h"

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

/* Takes the text over as the one that the builder reads. */
static void change_text(struct recipe *recipe, struct buf *text)
{
	recipe->is_changed |= !slice_equal(buf_slice(&recipe->text), buf_slice(text));
	buf_release(&recipe->text);
	recipe->text = *text;
	buf_init(text, 0);
}

/* The Dockerfile with another base, read again: places in it have moved. */
static int make_variant(struct recipe *recipe, const struct recipe_options *options,
			struct error *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(recipe->text.max);
	const struct variant variant = { recipe->path, options->base, options->base_stage };

	if (variant_write(&variant, buf_slice(&recipe->text), &recipe->dockerfile, &text, err))
		return -1;
	change_text(recipe, &text);
	dockerfile_release(&recipe->dockerfile);
	return dockerfile_parse(buf_slice(&recipe->text), recipe->path, &recipe->dockerfile, err);
}

static int load_dockerfile(struct recipe *recipe, const struct recipe_options *options,
			   struct error *err)
{
	struct source *source = options->source;
	int status = load(source, recipe->path, &recipe->text, err);

	if (status < 0)
		return -1;
	if (!status)
		return error_set(err, ERROR_NOT_FOUND, "no '%s' in %s", recipe->path, source->name);
	if (dockerfile_parse(buf_slice(&recipe->text), recipe->path, &recipe->dockerfile, err) ||
	    (options->base && make_variant(recipe, options, err)))
		return -1;
	return digest_of(buf_slice(&recipe->text), &recipe->digest, err);
}

static int load_ignore(struct recipe *recipe, const struct recipe_options *options,
		       struct error *err)
{
	AUTOFREE char *special_path = str_format(err, "%s" RECIPE_IGNORE_FILE, recipe->path);
	AUTOFREE char *own_path = path_join(options->folder, RECIPE_IGNORE_FILE, err);
	int has_special, has_own;

	if (!special_path || !own_path)
		return -1;
	has_special = load(options->source, special_path, &recipe->rules, err);
	has_own = has_special < 0 ? -1 : load(options->source, own_path, &recipe->own, err);
	if (has_own < 0)
		return -1;
	recipe->is_special = has_special;
	recipe->has_own = has_own;
	if (!has_special && !has_own)
		return 0;
	if (!has_special)
		buf_add_slice(&recipe->rules, buf_slice(&recipe->own));
	if (buf_check(&recipe->rules, RECIPE_IGNORE_FILE, err))
		return -1;
	return dockerignore_parse(buf_slice(&recipe->rules), has_special ? special_path : own_path,
				  &recipe->ignore, err);
}

static bool is_ignored(const struct recipe *recipe, const char *path)
{
	return recipe->ignore && dockerignore_excludes(recipe->ignore, path);
}

static bool is_dropped(const struct recipe *recipe, const char *path)
{
	return is_ignored(recipe, path) || !selection_has(recipe->selection, path);
}

/* The same for the same file, and nobody's own name. */
static int reserve_name(struct recipe *recipe, struct error *err)
{
	AUTO(digest_release) struct digest digest = { 0 };
	struct digest_text hash;

	if (digest_init(&digest, err))
		return -1;
	digest_add(&digest, recipe->path, strlen(recipe->path) + 1);
	digest_add(&digest, recipe->text.data, recipe->text.len);
	hash = digest_finish(&digest);
	recipe->reserved = str_format(err, ".dockerfile.%.16s", strchr(hash.text, ':') + 1);
	return recipe->reserved ? 0 : -1;
}

/* Under which name the Dockerfile travels. */
static int choose_name(struct recipe *recipe, struct error *err)
{
	const char *relative = recipe->relative;
	bool is_kept = relative && !is_dropped(recipe, relative);
	bool is_at_root = relative && !strchr(relative, '/');

	recipe->is_added = !is_kept || recipe->is_changed;
	if (recipe->is_added && (is_kept || !is_at_root || recipe->is_special))
		relative = recipe->reserved;
	return str_replace(&recipe->name, relative, err);
}

/* What .dockerignore of the tar has to say where the context's own one does
 * not say it. */
static int write_ignore(struct recipe *recipe, struct error *err)
{
	struct buf *out = &recipe->ignore_text;
	bool is_own_kept = recipe->has_own && !is_dropped(recipe, RECIPE_IGNORE_FILE);
	bool is_disarmed = is_own_kept && recipe->is_special;
	bool is_hidden = is_own_kept && !is_disarmed && is_ignored(recipe, recipe->name);

	buf_reset(out);
	recipe->has_ignore_text = is_disarmed || (recipe->is_added && !is_hidden);
	if (!recipe->has_ignore_text)
		return 0;
	if (is_own_kept) {
		buf_add_slice(out, buf_slice(&recipe->own));
		if (out->len && out->data[out->len - 1] != '\n')
			buf_add_char(out, '\n');
	} else {
		buf_add_text(out, RECIPE_IGNORE_FILE "\n");
	}
	if (is_disarmed)
		buf_add_text(out, "!**\n");
	if (recipe->is_added)
		buf_add_format(out, "%s\n", recipe->name);
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

int recipe_load(struct recipe *recipe, const struct recipe_options *options, struct error *err)
{
	*recipe = (struct recipe){ .selection = options->selection };
	buf_init(&recipe->text, LIMIT_DOCKERFILE);
	buf_init(&recipe->rules, LIMIT_DOCKERIGNORE);
	buf_init(&recipe->own, LIMIT_DOCKERIGNORE);
	buf_init(&recipe->ignore_text, LIMIT_DOCKERIGNORE + LIMIT_PATH);
	recipe->path = str_copy(options->path, err);
	if (recipe->path) {
		recipe->relative = below(options->folder, recipe->path);
		if (!load_dockerfile(recipe, options, err) && !load_ignore(recipe, options, err) &&
		    !reserve_name(recipe, err) && !choose_name(recipe, err) &&
		    !write_ignore(recipe, err))
			return 0;
	}
	recipe_release(recipe);
	return -1;
}

int recipe_replace_bases(struct recipe *recipe, const struct base_replacements *replacements,
			 struct error *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(2 * LIMIT_DOCKERFILE);

	if (dockerfile_replace_bases(buf_slice(&recipe->text), &recipe->dockerfile, replacements,
				     &text, err))
		return -1;
	change_text(recipe, &text);
	return choose_name(recipe, err) || write_ignore(recipe, err) ? -1 : 0;
}

void recipe_release(struct recipe *recipe)
{
	dockerfile_release(&recipe->dockerfile);
	dockerignore_free(recipe->ignore);
	buf_release(&recipe->text);
	buf_release(&recipe->rules);
	buf_release(&recipe->own);
	buf_release(&recipe->ignore_text);
	free(recipe->path);
	free(recipe->name);
	free(recipe->reserved);
	*recipe = (struct recipe){ 0 };
}
