/* SPDX-License-Identifier: MIT */
#include "flow/publish/publish-content.h"

#include "flow/build/identity.h"
#include "flow/key/key.h"
#include "flow/publish/publish-tag.h"

/* REGISTRY_YES: it holds an image of that key. */
static enum registry_answer look(struct publication *publication, struct error *err)
{
	AUTO(registry_image_release) struct registry_image held = REGISTRY_IMAGE_INIT;
	const struct job *job = publication->job;
	enum registry_answer answer = registry_read_image(publication->registry, publication->tag,
							  job->settings->sha_env, &held, err);
	const struct engine_image image = identity_view(&held.config);

	if (answer != REGISTRY_YES || key_is_of(job, &image))
		return answer;
	error_set(err, ERROR_CONFLICT,
		  "'%s' in the registry holds %.19s, an image of other content", publication->name,
		  held.manifest.digest.text);
	error_hint(err, "--force replaces it");
	return REGISTRY_UNKNOWN;
}

static int put(struct publication *publication, struct error *err)
{
	struct error ignored = { 0 };

	if (publish_tag_bring(publication, err))
		return -1;
	if (!publish_tag_put(publication, err))
		return 0;
	/* Another commit of the same content may have been quicker, or later. */
	if (!error_is(err, ERROR_CONFLICT) || look(publication, &ignored) != REGISTRY_YES)
		return -1;
	error_clear(err);
	return 0;
}

static int open_publication(struct publication *publication, struct error *err)
{
	struct job *job = publication->job;

	publication->name = str_format(err, "%s:%s", job->repository, publication->tag);
	if (!publication->name || reference_parse(job->reference, &publication->reference, err))
		return -1;
	return job_open_registry(job, &publication->reference, &publication->registry, err);
}

static int push_content(struct publication *publication, const struct content_push *push,
			struct error *err)
{
	enum registry_answer answer = REGISTRY_NO;

	publication->tag = str_copy(push->tag, err);
	if (!publication->tag || open_publication(publication, err))
		return -1;
	if (!push->replaces)
		answer = look(publication, err);
	publication->was_there = answer == REGISTRY_YES;
	return answer == REGISTRY_NO ? put(publication, err) : answer == REGISTRY_YES ? 0 : -1;
}

/* An event of a publication would tell too much. */
static void report(const struct publication *publication)
{
	event_emit(publication->job->run->sink,
		   &(struct event){ .type = EVENT_TAG,
				    .step = "push",
				    .image = publication->job->name,
				    .subject = publication->name,
				    .digest = publication->manifest.digest.text });
}

int publish_content(struct job *job, const struct content_push *push, bool *ret_was_there,
		    struct error *err)
{
	AUTO(publication_release) struct publication publication = PUBLICATION_INIT;
	struct step step = step_start(job, "push", push->tag);

	publication.job = job;
	if (push_content(&publication, push, err)) {
		error_wrap(err, "cannot push '%s:%s'", job->repository, push->tag);
		return step_fail(&step);
	}
	if (!publication.was_there)
		report(&publication);
	step_done(&step, publication.was_there ? "it is there" : NULL);
	*ret_was_there = publication.was_there;
	return 0;
}
