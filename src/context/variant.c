/* SPDX-License-Identifier: MIT */
#include "context/variant.h"

#include <stdio.h>
#include <string.h>

#include "context/bases.h"
#include "context/rewrite.h"

/* Which stage to name instead. */
static int hint_at_stage(const struct dockerfile *dockerfile, int stage, struct error *err)
{
	if (stage < 0)
		return error_hint(err, "no stage of it begins with an image");
	if (dockerfile->stages[stage].name)
		return error_hint(err, "image.variantStage = %s names a stage that does",
				  dockerfile->stages[stage].name);
	return error_hint(err, "image.variantStage = %d names a stage that does", stage);
}

static bool is_scratch(const struct dockerfile_stage *stage)
{
	return !strcmp(stage->base, "scratch");
}

/* The first stage that begins with an image; -1: none. Arguments count as the
 * Dockerfile sets them: what a user gives is no stage's name. */
static int find_candidate(const struct dockerfile *dockerfile, int *ret_stage, struct error *err)
{
	const struct strmap none = { 0 };

	for (size_t i = 0; i < dockerfile->stage_count; i++) {
		int below;

		if (is_scratch(&dockerfile->stages[i]))
			continue;
		if (dockerfile_stage_below(dockerfile, &none, i, &below, err))
			return -1;
		if (below < 0) {
			*ret_stage = (int)i;
			return 0;
		}
	}
	*ret_stage = -1;
	return 0;
}

/* Does the stage begin with an image? */
static int check_stage(const struct variant *variant, const struct dockerfile *dockerfile,
		       int stage, struct error *err)
{
	const struct strmap none = { 0 };
	const struct dockerfile_stage *wanted = &dockerfile->stages[stage];
	struct error ignored = { 0 };
	int below, other;

	if (dockerfile_stage_below(dockerfile, &none, (size_t)stage, &below, err))
		return -1;
	if (below < 0 && !is_scratch(wanted))
		return 0;
	error_set(err, ERROR_INPUT,
		  "%s:%d: the stage begins with %s'%s', not with an image (image.base)",
		  variant->name, wanted->line, below < 0 ? "" : "the stage ", wanted->base);
	if (find_candidate(dockerfile, &other, &ignored))
		other = -1;
	return hint_at_stage(dockerfile, other, err);
}

int variant_write(const struct variant *variant, struct slice text,
		  const struct dockerfile *dockerfile, struct buf *out, struct error *err)
{
	int stage = variant->stage ? dockerfile_find_stage(dockerfile, variant->stage) : 0;
	struct rewrite rewrite = { .text = variant->base };

	if (stage < 0) {
		error_set(err, ERROR_INPUT, "%s: there is no stage '%s' (image.variantStage)",
			  variant->name, variant->stage);
		return error_hint(err, "it is the NAME of 'FROM ... AS NAME', or a number from 0");
	}
	if (check_stage(variant, dockerfile, stage, err))
		return -1;
	rewrite.place = dockerfile->stages[stage].base_place;
	return dockerfile_rewrite(text, dockerfile, &(struct rewrite_list){ &rewrite, 1 }, out,
				  err);
}
