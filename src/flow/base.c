/* SPDX-License-Identifier: MIT */
#include "flow/base.h"

#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "context/context.h"

/* What FROM lines see: the user's word, or the default of an ARG before them. */
static const char *find_value(const struct dockerfile *dockerfile, const struct strmap *build_args,
			      const char *name)
{
	for (size_t i = 0; i < dockerfile->arg_count; i++) {
		const struct dockerfile_arg *arg = &dockerfile->args[i];
		const char *given = strmap_get(build_args, arg->name);

		if (arg->stage < 0 && !strcmp(arg->name, name))
			return given ? given : arg->value;
	}
	return NULL;
}

#define NAME_CHARACTERS                                                                            \
	"_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/* The name of the variable that stands behind a '$', as "NAME" or "{NAME}", no more. */
static bool cut_name(const char **rest, struct buf *name)
{
	bool is_braced = **rest == '{';
	size_t len;

	*rest += is_braced;
	len = strspn(*rest, NAME_CHARACTERS);
	buf_add(name, *rest, len);
	*rest += len;
	if (is_braced && *(*rest)++ != '}')
		return false;
	return len;
}

static char *expand(const struct dockerfile *dockerfile, const struct strmap *build_args,
		    const char *text)
{
	AUTO(buf_release) struct buf out = BUF_INIT(LIMIT_PATH);

	while (*text) {
		AUTO(buf_release) struct buf name = BUF_INIT(LIMIT_PATH);
		char c = *text++;
		const char *value;

		if (c != '$') {
			buf_add_char(&out, c);
			continue;
		}
		if (!cut_name(&text, &name))
			return NULL;
		value = find_value(dockerfile, build_args, name.data);
		if (!value || strchr(value, '$'))
			return NULL;
		buf_add_text(&out, value);
	}
	return buf_take(&out);
}

/* Index of the stage of that name before `end`, -1: none. */
static int find_stage(const struct dockerfile *dockerfile, size_t end, const char *name)
{
	for (size_t i = end; i-- > 0;)
		if (dockerfile->stages[i].name && !strcasecmp(dockerfile->stages[i].name, name))
			return (int)i;
	return -1;
}

char *base_of(const struct dockerfile *dockerfile, const char *target,
	      const struct strmap *build_args)
{
	int at = (int)dockerfile->stage_count - 1;
	int64_t number;

	if (target && str_to_int(target, 0, at, &number))
		at = (int)number;
	else if (target)
		at = find_stage(dockerfile, dockerfile->stage_count, target);
	while (at >= 0) {
		AUTOFREE char *base =
			expand(dockerfile, build_args, dockerfile->stages[at].base);

		if (!base || !strcmp(base, "scratch"))
			return NULL;
		at = find_stage(dockerfile, (size_t)at, base);
		if (at < 0)
			return TAKE(base);
	}
	return NULL;
}

static int find(struct job *job, struct error *err)
{
	const struct settings *settings = job->settings;
	AUTO(reference_release) struct reference own = { 0 }, base = { 0 };
	AUTOFREE char *text = NULL;

	if (reference_parse(job->reference, &own, err) || job_open_context(job, err))
		return -1;
	text = base_of(context_dockerfile(job->context), settings->target, &settings->build_args);
	if (!text)
		return 0;
	if (reference_parse(text, &base, err))
		return -1;
	if (strcmp(base.host, own.host) || !strcmp(base.repository, own.repository))
		return 0;
	job->base = base;
	base = (struct reference){ 0 };
	return 0;
}

const struct reference *base_of_job(struct job *job)
{
	struct error ignored = { 0 };

	/* Without it more is sent, nothing else. */
	if (!job->has_base && !find(job, &ignored))
		job->has_base = true;
	return job->base.repository ? &job->base : NULL;
}
