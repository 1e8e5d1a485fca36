/* SPDX-License-Identifier: MIT */
#include "context/bases.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "context/rewrite.h"

struct scope {
	const struct dockerfile *dockerfile;
	const struct strmap *build_args;
	size_t visible; /* so many ARG instructions have been read */
};

static int expand(struct scope *scope, const char *text, struct buf *out, struct error *err);

/* The value of a variable in FROM lines: 1, 0 if nothing sets it. */
static int add_value(struct scope *scope, struct slice name, struct buf *out, struct error *err)
{
	const struct dockerfile *dockerfile = scope->dockerfile;

	for (size_t i = scope->visible; i-- > 0;) {
		const struct dockerfile_arg *arg = &dockerfile->args[i];
		const char *given = strmap_get(scope->build_args, arg->name);
		struct scope earlier = *scope;

		if (arg->stage != -1 || !slice_is(name, arg->name))
			continue;
		if (given) {
			buf_add_text(out, given);
			return 1;
		}
		earlier.visible = i;
		return arg->value ? expand(&earlier, arg->value, out, err) : 0;
	}
	return 0;
}

static struct slice read_name(const char *text)
{
	size_t len = 0;

	while (isalnum((unsigned char)text[len]) || text[len] == '_')
		len++;
	return (struct slice){ text, len };
}

/* "${NAME}", "${NAME:-WORD}" or "${NAME-WORD}"; WORD without variables. */
static int add_braced(struct scope *scope, const char **text, struct buf *out, struct error *err)
{
	struct slice name = read_name(*text + 1);
	const char *rest = name.data + name.len, *end = strchr(rest, '}');
	size_t begin = out->len;
	bool replaces_empty = *rest == ':';
	int status;

	if (!name.len || !end)
		return 0;
	*text = end + 1;
	status = add_value(scope, name, out, err);
	if (rest == end || status < 0)
		return status;
	rest += replaces_empty;
	if (*rest != '-' || memchr(rest, '$', (size_t)(end - rest)))
		return 0;
	if (!status || (replaces_empty && out->len == begin))
		buf_add(out, rest + 1, (size_t)(end - rest - 1));
	return 1;
}

/* 1, 0 if something in it is not known, -1. */
static int expand(struct scope *scope, const char *text, struct buf *out, struct error *err)
{
	while (*text) {
		size_t plain = strcspn(text, "$\\\"'");
		int status;

		buf_add(out, text, plain);
		text += plain;
		if (!*text)
			break;
		if (*text++ != '$')
			return 0;
		if (*text == '{') {
			status = add_braced(scope, &text, out, err);
		} else {
			struct slice name = read_name(text);

			text += name.len;
			status = name.len ? add_value(scope, name, out, err) : 0;
		}
		if (status <= 0)
			return status;
	}
	return buf_check(out, "an image's name", err) ? -1 : 1;
}

/* Index of the stage of that name before `end`, the last one; -1: none. */
static int find_stage(const struct dockerfile *dockerfile, const char *name, size_t end)
{
	for (size_t i = end; i-- > 0;)
		if (dockerfile->stages[i].name && !strcasecmp(dockerfile->stages[i].name, name))
			return (int)i;
	return -1;
}

/* What a stage's FROM names: 1, 0 if it is not known, -1. */
static int expand_base(const struct dockerfile *dockerfile, const struct strmap *build_args,
		       size_t stage, struct buf *name, struct error *err)
{
	struct scope scope = { dockerfile, build_args, dockerfile->arg_count };
	int status = expand(&scope, dockerfile->stages[stage].base, name, err);

	return status > 0 ? name->len > 0 : status;
}

/* Does COPY --from=NAME mean a stage? A number does. */
static bool is_stage(const struct dockerfile *dockerfile, const char *name)
{
	return !name[strspn(name, "0123456789")] ||
	       find_stage(dockerfile, name, dockerfile->stage_count) >= 0;
}

int dockerfile_find_stage(const struct dockerfile *dockerfile, const char *target)
{
	int last = (int)dockerfile->stage_count - 1;
	int64_t number;

	if (!target)
		return last;
	if (str_to_int(target, 0, last, &number))
		return (int)number;
	return find_stage(dockerfile, target, dockerfile->stage_count);
}

struct search {
	const struct dockerfile *dockerfile;
	const struct strmap *build_args;
	size_t end;	 /* stages before it count */
	bool is_lenient; /* what is not known is passed over */
	struct strv found;
};

static int add_base(struct search *search, const char *name, struct error *err)
{
	if (!strcmp(name, "scratch") || strv_has(&search->found, name))
		return 0;
	return strv_add(&search->found, name, err);
}

/* What stages stand on. */
static int add_stages(struct search *search, struct error *err)
{
	for (size_t i = 0; i < search->end; i++) {
		AUTO(buf_release) struct buf name = BUF_INIT(LIMIT_PATH);
		int status = expand_base(search->dockerfile, search->build_args, i, &name, err);

		if (!status && search->is_lenient)
			continue;
		if (status <= 0)
			return status;
		if (find_stage(search->dockerfile, name.data, i) < 0 &&
		    add_base(search, name.data, err))
			return -1;
	}
	return 1;
}

/* What files are taken from. */
static int add_sources(struct search *search, struct error *err)
{
	const struct dockerfile *dockerfile = search->dockerfile;

	for (size_t i = 0; i < dockerfile->source_count; i++) {
		const struct dockerfile_source *source = &dockerfile->sources[i];
		const char *from = source->from;
		bool is_known = !strchr(from, '$');

		if (!is_known && !search->is_lenient)
			return 0;
		if (!is_known || (size_t)source->stage >= search->end || is_stage(dockerfile, from))
			continue;
		if (add_base(search, from, err))
			return -1;
	}
	return 1;
}

static int run_search(struct search *search, struct strv *ret_bases, struct error *err)
{
	int status = add_stages(search, err);

	if (status > 0)
		status = add_sources(search, err);
	if (status > 0)
		*ret_bases = search->found;
	else
		strv_release(&search->found);
	return status;
}

int dockerfile_bases(const struct dockerfile *dockerfile, const struct strmap *build_args,
		     struct strv *ret_bases, struct error *err)
{
	struct search search = { .dockerfile = dockerfile,
				 .build_args = build_args,
				 .end = dockerfile->stage_count };

	return dockerfile->remote_line || dockerfile->odd_mount_line
		       ? 0
		       : run_search(&search, ret_bases, err);
}

int dockerfile_known_bases(const struct dockerfile *dockerfile, const char *target,
			   const struct strmap *build_args, struct strv *ret_bases,
			   struct error *err)
{
	int stage = dockerfile_find_stage(dockerfile, target);
	struct search search = { .dockerfile = dockerfile,
				 .build_args = build_args,
				 .end = stage < 0 ? dockerfile->stage_count : (size_t)stage + 1,
				 .is_lenient = true };

	return run_search(&search, ret_bases, err) < 0 ? -1 : 0;
}

int dockerfile_stage_below(const struct dockerfile *dockerfile, const struct strmap *build_args,
			   size_t stage, int *ret_below, struct error *err)
{
	AUTO(buf_release) struct buf name = BUF_INIT(LIMIT_PATH);
	int status = expand_base(dockerfile, build_args, stage, &name, err);

	if (status < 0)
		return -1;
	*ret_below = status ? find_stage(dockerfile, name.data, stage) : -1;
	return 0;
}

int dockerfile_base_of(const struct dockerfile *dockerfile, const char *target,
		       const struct strmap *build_args, char **ret_base, struct error *err)
{
	int stage = dockerfile_find_stage(dockerfile, target);

	while (stage >= 0) {
		AUTO(buf_release) struct buf name = BUF_INIT(LIMIT_PATH);
		int status = expand_base(dockerfile, build_args, (size_t)stage, &name, err);

		if (status <= 0)
			return status;
		stage = find_stage(dockerfile, name.data, (size_t)stage);
		if (stage >= 0)
			continue;
		if (!strcmp(name.data, "scratch"))
			return 0;
		*ret_base = buf_take(&name);
		return 1;
	}
	return 0;
}

int dockerfile_base_line(const struct dockerfile *dockerfile, const struct strmap *build_args,
			 const char *base, int *ret_line, struct error *err)
{
	int line = 0;

	for (size_t i = 0; i < dockerfile->stage_count && !line; i++) {
		AUTO(buf_release) struct buf name = BUF_INIT(LIMIT_PATH);
		int status = expand_base(dockerfile, build_args, i, &name, err);

		if (status < 0)
			return -1;
		if (status && !strcmp(name.data, base) && find_stage(dockerfile, base, i) < 0)
			line = dockerfile->stages[i].line;
	}
	for (size_t i = 0; i < dockerfile->source_count && !line; i++)
		if (!strcmp(dockerfile->sources[i].from, base))
			line = dockerfile->sources[i].line;
	*ret_line = line;
	return 0;
}

/* The words that name an image for which there is another one. */
struct rewrites {
	const struct base_replacements *replacements;
	struct rewrite *items;
	size_t len;
};

static void add_rewrite(struct rewrites *rewrites, struct dockerfile_place place, const char *name)
{
	const char *text = strmap_get(rewrites->replacements->names, name);

	if (text)
		rewrites->items[rewrites->len++] = (struct rewrite){ place, text };
}

static int add_rewrites(struct rewrites *rewrites, const struct dockerfile *dockerfile,
			struct error *err)
{
	for (size_t i = 0; i < dockerfile->stage_count; i++) {
		AUTO(buf_release) struct buf name = BUF_INIT(LIMIT_PATH);
		int status =
			expand_base(dockerfile, rewrites->replacements->build_args, i, &name, err);

		if (status < 0)
			return -1;
		if (status && find_stage(dockerfile, name.data, i) < 0)
			add_rewrite(rewrites, dockerfile->stages[i].base_place, name.data);
	}
	for (size_t i = 0; i < dockerfile->source_count; i++) {
		const struct dockerfile_source *source = &dockerfile->sources[i];

		if (!is_stage(dockerfile, source->from))
			add_rewrite(rewrites, source->place, source->from);
	}
	return 0;
}

int dockerfile_replace_bases(struct slice text, const struct dockerfile *dockerfile,
			     const struct base_replacements *replacements, struct buf *out,
			     struct error *err)
{
	size_t most = dockerfile->stage_count + dockerfile->source_count;
	AUTOFREE struct rewrite *items = calloc(most, sizeof(*items));
	struct rewrites rewrites = { replacements, items, 0 };

	if (!items)
		return error_set_memory(err);
	if (add_rewrites(&rewrites, dockerfile, err))
		return -1;
	return dockerfile_rewrite(text, dockerfile, &(struct rewrite_list){ items, rewrites.len },
				  out, err);
}
