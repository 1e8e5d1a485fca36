/* SPDX-License-Identifier: MIT */
#include "registry/exists.h"

#include "registry/absence.h"
#include "registry/errand.h"

struct asking {
	struct errand errand; /* first, so that a pointer to it is one to this */
	struct registry_question *question;
	struct registry_question *same; /* was asked before; NULL: none was */
	bool asks_version;
};

struct round {
	struct asking *askings; /* one a question */
	struct errand **errands;
	size_t count, errand_count;
};

static void round_release(struct round *round)
{
	for (size_t i = 0; i < round->count; i++)
		errand_release(&round->askings[i].errand);
	free(round->askings);
	free(round->errands);
}

static const char *wanted(const struct registry_question *question)
{
	return question->tag_or_digest ? question->tag_or_digest
				       : reference_wanted(question->reference);
}

static int ask_manifest(struct asking *asking, struct error *err)
{
	AUTOFREE char *path = registry_manifest_path(wanted(asking->question), err);

	return path ? ask_start(&asking->errand.ask,
				&(struct registry_request){
					.method = "HEAD",
					.path = path,
					.header = REGISTRY_ACCEPT,
				},
				err)
		    : -1;
}

static int answer(struct asking *asking, enum registry_answer answer)
{
	asking->question->answer = answer;
	return 1;
}

static int on_there(struct asking *asking, const struct http_response *response, struct error *err)
{
	const char *type = http_header_get(response, "Content-Type");
	struct registry_digest said;

	if (registry_read_digest(response, &said, err) ||
	    (said.text[0] && registry_check_digest(said.text, "", wanted(asking->question), err)))
		return -1;
	if (!said.text[0] && !(type && str_starts(type, "application/vnd.")))
		return error_set(err, ERROR_PROTOCOL,
				 "what answers 200 there does not say that it is a manifest");
	asking->question->digest = said;
	return answer(asking, REGISTRY_YES);
}

/* 1 if the 404 is the registry's, 0 if that is asked next. */
static int on_absent(struct asking *asking, struct error *err)
{
	int status = asking->asks_version ? absence_confirm(&asking->errand.ask, err)
					  : absence_judge(&asking->errand.ask, err);

	asking->asks_version = true;
	return status > 0 ? answer(asking, REGISTRY_NO) : status;
}

static int next(struct errand *errand, struct http_response *response, struct error *err)
{
	struct asking *asking = (struct asking *)errand;

	if (!response)
		return ask_manifest(asking, err);
	if (asking->asks_version || response->status == 404)
		return on_absent(asking, err);
	if (response->status == 200)
		return on_there(asking, response, err);
	return registry_refusal(errand->ask.registry, response, err);
}

static struct registry_question *find_same(const struct round *round,
					   const struct registry_question *question)
{
	for (size_t i = 0; i < round->count; i++) {
		struct registry_question *other = round->askings[i].question;

		if (str_equal(wanted(other), wanted(question)) &&
		    reference_is_same_repository(other->reference, question->reference))
			return other;
	}
	return NULL;
}

static int prepare(struct registry_pool *pool, struct registry_question *questions, size_t count,
		   struct round *round, struct error *err)
{
	round->askings = calloc(count + 1, sizeof(*round->askings));
	round->errands = calloc(count + 1, sizeof(struct errand *));
	if (!round->askings || !round->errands)
		return error_set_memory(err);
	for (size_t i = 0; i < count; i++) {
		struct registry_question *question = &questions[i];
		struct asking asking = { .question = question, .errand.next = next };

		question->answer = REGISTRY_UNKNOWN;
		question->digest.text[0] = '\0';
		error_clear(&question->err);
		asking.errand.own_err = &question->err;
		asking.same = find_same(round, question);
		asking.errand.ask.registry =
			registry_pool_get(pool, question->reference, &question->err);
		round->askings[i] = asking;
		round->count++;
		if (asking.errand.ask.registry && !asking.same)
			round->errands[round->errand_count++] = &round->askings[i].errand;
	}
	return 0;
}

static void explain(struct asking *asking)
{
	struct registry_question *question = asking->question;
	struct error *err = &question->err;

	if (asking->same) {
		question->answer = asking->same->answer;
		question->digest = asking->same->digest;
		question->err = asking->same->err;
	} else if (question->answer == REGISTRY_UNKNOWN && asking->errand.ask.registry) {
		registry_explain_hang_up(err);
		if (error_is(err, ERROR_UNSUPPORTED))
			error_hint(err, "it answers no HEAD, and a GET may count as a pull: "
					"'git image resolve' asks by GET");
		registry_wrap(asking->errand.ask.registry, wanted(question), err);
	}
}

int registry_ask_all(struct registry_pool *pool, struct registry_question *questions, size_t count,
		     struct error *err)
{
	AUTO(round_release) struct round round = { 0 };

	if (prepare(pool, questions, count, &round, err) ||
	    errands_run(round.errands, round.errand_count, ERRANDS_READING, err))
		return -1;
	for (size_t i = 0; i < count; i++)
		explain(&round.askings[i]);
	return 0;
}
