/* SPDX-License-Identifier: MIT */
#include "fake_engine.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdio.h>

#include "flow/build/identity.h"

static struct fake_engine *fake_of(struct engine *engine)
{
	return (struct fake_engine *)engine;
}

static struct engine_image *find(struct fake_engine *fake, const char *reference)
{
	for (size_t i = 0; i < fake->image_count; i++)
		if (!strcmp(fake->images[i].id, reference) ||
		    strv_has(&fake->images[i].tags, reference) ||
		    strv_has(&fake->images[i].digests, reference))
			return &fake->images[i];
	return NULL;
}

static void copy(struct engine_image *to, const struct engine_image *from)
{
	struct error err = { 0 };

	*to = (struct engine_image){
		.id = str_copy(from->id, &err),
		.parent = from->parent ? str_copy(from->parent, &err) : NULL,
		.created = str_copy(from->created, &err),
		.size = from->size,
		.os = str_copy(from->os ? from->os : "linux", &err),
		.architecture = str_copy(from->architecture ? from->architecture : "amd64", &err)
	};
	assert_int_equal(strv_copy(&to->tags, &from->tags, &err), 0);
	assert_int_equal(strv_copy(&to->digests, &from->digests, &err), 0);
	assert_int_equal(strmap_copy(&to->labels, &from->labels, &err), 0);
	assert_int_equal(strv_copy(&to->env, &from->env, &err), 0);
	assert_int_equal(strv_copy(&to->layers, &from->layers, &err), 0);
}

static int inspect_image(struct engine *engine, const char *reference,
			 struct engine_image *ret_image, struct error *err)
{
	struct engine_image *image = find(fake_of(engine), reference);

	if (!image)
		return error_set(err, ERROR_NOT_FOUND, "no such image: %s", reference);
	copy(ret_image, image);
	return 0;
}

static int list_images(struct engine *engine, const char *repository, bool is_dangling,
		       struct engine_image_list *ret_list, struct error *err)
{
	struct fake_engine *fake = fake_of(engine);

	(void)repository; /* engines filter loosely: the flow has to look again */
	(void)err;
	ret_list->items = calloc(FAKE_MAX, sizeof(*ret_list->items));
	for (size_t i = 0; i < fake->image_count; i++)
		if (!fake->images[i].tags.len == is_dangling)
			copy(&ret_list->items[ret_list->len++], &fake->images[i]);
	return 0;
}

static void untag(struct fake_engine *fake, const char *name)
{
	struct engine_image *former = find(fake, name);

	for (size_t i = 0; former && i < former->tags.len; i++)
		if (!strcmp(former->tags.items[i], name))
			strv_remove(&former->tags, i);
}

static int tag_image(struct engine *engine, const char *source, const char *repository,
		     const char *tag, struct error *err)
{
	struct fake_engine *fake = fake_of(engine);
	struct engine_image *image = find(fake, source);
	char *name = str_format(err, "%s:%s", repository, tag);

	assert_non_null(image);
	untag(fake, name);
	return strv_add_taken(&image->tags, name, err);
}

static int remove_image(struct engine *engine, const char *reference, struct error *err)
{
	struct fake_engine *fake = fake_of(engine);
	struct engine_image *image = find(fake, reference);

	if (!image)
		return error_set(err, ERROR_NOT_FOUND, "no such image: %s", reference);
	for (size_t i = 0; image->tags.len <= 1 && i < fake->container_count; i++)
		if (!strcmp(fake->containers[i].image_id, image->id))
			return error_set(err, ERROR_CONFLICT, "image is being used");
	for (size_t i = 0; i < image->tags.len; i++) {
		if (strcmp(image->tags.items[i], reference) != 0)
			continue;
		strv_remove(&image->tags, i);
		break;
	}
	if (image->tags.len)
		return 0;
	engine_image_release(image);
	*image = fake->images[--fake->image_count];
	return 0;
}

static int list_containers(struct engine *engine, const char *label,
			   struct engine_container_list *ret_list, struct error *err)
{
	struct fake_engine *fake = fake_of(engine);

	ret_list->items = calloc(FAKE_MAX, sizeof(*ret_list->items));
	for (size_t i = 0; i < fake->container_count; i++) {
		const struct engine_container *container = &fake->containers[i];
		struct engine_container *copied = &ret_list->items[ret_list->len];

		if (label && !strmap_get(&container->labels, label))
			continue;
		copied->id = str_copy(container->id, err);
		copied->image_id = str_copy(container->image_id, err);
		assert_int_equal(strmap_copy(&copied->labels, &container->labels, err), 0);
		ret_list->len++;
	}
	return 0;
}

static int remove_container(struct engine *engine, const char *id, struct error *err)
{
	struct fake_engine *fake = fake_of(engine);

	(void)err;
	for (size_t i = 0; i < fake->container_count; i++) {
		if (strcmp(fake->containers[i].id, id) != 0)
			continue;
		engine_container_release(&fake->containers[i]);
		fake->containers[i] = fake->containers[--fake->container_count];
	}
	return 0;
}

/* What is there already keeps its other tags; a tag moves. */
static int pull(struct engine *engine, const struct engine_pull *options, char **ret_id,
		struct error *err)
{
	struct fake_engine *fake = fake_of(engine);
	const struct engine_image *remote = NULL;
	struct engine_image *here;

	for (size_t i = 0; i < fake->remote_count && !remote; i++)
		if (strv_has(&fake->remote[i].tags, options->reference) ||
		    strv_has(&fake->remote[i].digests, options->reference))
			remote = &fake->remote[i];
	if (!remote)
		return error_set(err, ERROR_NOT_FOUND, "manifest unknown");
	here = find(fake, remote->id);
	if (!here) {
		here = &fake->images[fake->image_count++];
		copy(here, remote);
		strv_release(&here->tags);
	}
	*ret_id = str_copy(here->id, err);
	if (strv_has(&remote->digests, options->reference))
		return strv_add(&here->digests, options->reference, err);
	untag(fake, options->reference);
	return strv_add(&here->tags, options->reference, err);
}

static const struct engine_ops ops = {
	.pull = pull,
	.inspect_image = inspect_image,
	.list_images = list_images,
	.tag_image = tag_image,
	.remove_image = remove_image,
	.list_containers = list_containers,
	.remove_container = remove_container,
};

void fake_init(struct fake_engine *fake)
{
	*fake = (struct fake_engine){ .base = { .ops = &ops } };
}

void fake_release(struct fake_engine *fake)
{
	for (size_t i = 0; i < fake->image_count; i++)
		engine_image_release(&fake->images[i]);
	for (size_t i = 0; i < fake->remote_count; i++)
		engine_image_release(&fake->remote[i]);
	for (size_t i = 0; i < fake->container_count; i++)
		engine_container_release(&fake->containers[i]);
}

static void fill(struct engine_image *image, size_t number, const char *tag, const char *sha)
{
	struct digest_text stamp;
	struct error err = { 0 };

	*image = (struct engine_image){ 0 };
	image->id = str_format(&err, "sha256:%064zu", number);
	image->size = 1000;
	assert_int_equal(strv_add(&image->tags, tag, &err), 0);
	assert_int_equal(strv_add(&image->layers, image->id, &err), 0);
	if (!sha)
		return;
	assert_int_equal(identity_stamp(NULL, sha, &image->layers, &stamp, &err), 0);
	assert_int_equal(strmap_set(&image->labels, LABEL_STAMP, stamp.text, &err), 0);
	assert_int_equal(strmap_set(&image->labels, LABEL_REVISION, sha, &err), 0);
	assert_int_equal(strv_add_taken(&image->env, str_format(&err, "SHA=%s", sha), &err), 0);
}

struct engine_image *fake_add(struct fake_engine *fake, const char *tag, const char *sha,
			      const char *created)
{
	struct engine_image *image = &fake->images[fake->image_count];
	struct error err = { 0 };

	fill(image, ++fake->image_count, tag, sha);
	image->created = str_copy(created, &err);
	return image;
}

struct engine_image *fake_add_remote(struct fake_engine *fake, const char *tag, const char *sha)
{
	struct engine_image *image = &fake->remote[fake->remote_count];

	fill(image, 1000 + ++fake->remote_count, tag, sha);
	return image;
}

struct engine_container *fake_use(struct fake_engine *fake, const struct engine_image *image)
{
	struct engine_container *container = &fake->containers[fake->container_count];
	struct error err = { 0 };

	*container = (struct engine_container){
		.id = str_format(&err, "%064zu", ++fake->container_count),
		.image_id = str_copy(image->id, &err),
	};
	return container;
}

char *fake_tags(const struct fake_engine *fake)
{
	AUTO(buf_release) struct buf text = BUF_INIT(4096);
	AUTO(strv_release) struct strv all = { 0 };
	struct error err = { 0 };

	for (size_t i = 0; i < fake->image_count; i++)
		assert_int_equal(strv_copy(&all, &fake->images[i].tags, &err), 0);
	strv_sort(&all);
	for (size_t i = 0; i < all.len; i++)
		buf_add_format(&text, "%s%s", i ? " " : "", all.items[i]);
	return buf_take(&text);
}
