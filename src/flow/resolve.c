/* SPDX-License-Identifier: MIT */
#include "flow/resolve.h"

#include "flow/build/identity.h"
#include "registry/exists.h"

/* How often a set is read that moves. */
#define ROUNDS	     3
#define SHORT_LENGTH 7
#define TAG_SIZE     130
/* Tags that a commit may have: two lengths, with and without a prefix. */
#define CANDIDATES 4

void resolution_release(struct resolution *set)
{
	for (size_t i = 0; i < set->count; i++) {
		reference_release(&set->items[i].reference);
		free(set->items[i].tag);
		registry_reading_release(&set->readings[i]);
	}
	free(set->items);
	free(set->readings);
}

static int at(const struct resolved *item, struct error *err)
{
	return error_wrap(err, "cannot resolve '%s'", item->word);
}

int resolution_init(struct resolution *set, const struct strv *words,
		    const struct settings *settings, struct error *err)
{
	set->items = calloc(words->len, sizeof(*set->items));
	set->readings = calloc(words->len, sizeof(*set->readings));
	if (!set->items || !set->readings)
		return error_set_memory(err);
	for (size_t i = 0; i < words->len; i++, set->count++) {
		struct resolved *item = &set->items[i];

		item->word = words->items[i];
		item->settings = settings;
		if (reference_parse(item->word, &item->reference, err))
			return at(item, err);
		set->readings[i] = (struct registry_reading){
			.reference = &item->reference,
			.image = REGISTRY_IMAGE_INIT,
		};
	}
	return 0;
}

static int judge(const struct resolved *item, const struct registry_reading *reading,
		 struct error *err)
{
	const struct image_commit *commit = &reading->image.commit;

	if (reading->answer == REGISTRY_UNKNOWN)
		*err = reading->err;
	else if (reading->answer == REGISTRY_NO)
		error_set(err, ERROR_NO, "the registry has no '%s'",
			  reference_wanted(&item->reference));
	else if (!commit->sha[0] || commit->is_contradicted)
		error_set(err, ERROR_NO, "the image does not say of which commit it is%s",
			  commit->is_contradicted ? ": it names two" : "");
	else if (commit->is_dirty)
		error_set(err, ERROR_NO, "the image is of a work tree, not of a commit");
	else
		return 0;
	return at(item, err);
}

static int read_all(struct resolution *set, struct registry_pool *pool, struct error *err)
{
	for (size_t i = 0; i < set->count; i++)
		set->readings[i].sha_env = set->items[i].settings->sha_env;
	if (registry_read_all(pool, set->readings, set->count, err))
		return -1;
	for (size_t i = 0; i < set->count; i++)
		if (judge(&set->items[i], &set->readings[i], err))
			return -1;
	return 0;
}

/* 1 if its tag does not name what was read any more. */
static int has_moved(struct registry_pool *pool, const struct registry_reading *reading,
		     const struct registry_question *question, struct error *err)
{
	const char *wanted = reference_wanted(reading->reference);
	struct registry_digest now = question->digest;
	enum registry_answer answer = question->answer;

	/* Some answer HEAD without a digest, or not at all. */
	if ((answer == REGISTRY_YES && !now.text[0]) ||
	    (answer == REGISTRY_UNKNOWN && error_is(&question->err, ERROR_UNSUPPORTED))) {
		struct registry *registry = registry_pool_get(pool, reading->reference, err);

		answer = registry ? registry_exists(registry, wanted, &now, err) : REGISTRY_UNKNOWN;
	} else if (answer == REGISTRY_UNKNOWN) {
		*err = question->err;
	}
	if (answer == REGISTRY_UNKNOWN)
		return -1;
	return answer == REGISTRY_NO || !str_equal(now.text, reading->image.manifest.digest.text);
}

/* The first that has moved since it was read, NULL if none has. */
static int find_moved(const struct resolution *set, struct registry_pool *pool,
		      const struct resolved **ret_moved, struct error *err)
{
	AUTOFREE struct registry_question *questions = calloc(set->count, sizeof(*questions));

	if (!questions)
		return error_set_memory(err);
	for (size_t i = 0; i < set->count; i++)
		questions[i].reference = &set->items[i].reference;
	if (registry_ask_all(pool, questions, set->count, err))
		return -1;
	*ret_moved = NULL;
	for (size_t i = 0; i < set->count && !*ret_moved; i++) {
		int status = has_moved(pool, &set->readings[i], &questions[i], err);

		if (status < 0)
			return at(&set->items[i], err);
		if (status)
			*ret_moved = &set->items[i];
	}
	return 0;
}

/* Until all tags still name what was read once the last of them was. */
static int read_set(struct resolution *set, struct registry_pool *pool, struct event_sink *sink,
		    struct error *err)
{
	const struct resolved *moved = NULL;

	for (int round = 1; round <= ROUNDS; round++) {
		if (read_all(set, pool, err))
			return -1;
		if (set->count == 1)
			return 0;
		if (find_moved(set, pool, &moved, err))
			return -1;
		if (!moved)
			return 0;
		event_notice(sink, "'%s' moved while the others were read", moved->word);
	}
	return error_set(err, ERROR_CONFLICT, "'%s' moved each of the %d times they were read",
			 moved->word, ROUNDS);
}

/* A tag that the commit may have, and what it holds. */
struct candidate {
	struct resolved *item;
	const struct registry_reading *reading; /* of the item */
	char tag[TAG_SIZE];
};

struct candidates {
	struct candidate *items;
	struct registry_question *questions; /* one each */
	size_t count;
};

static void candidates_release(struct candidates *candidates)
{
	free(candidates->items);
	free(candidates->questions);
}

/* With the prefix that is set or, as others have it, without; as long as is
 * set, or short. */
static void add_candidates(struct candidates *candidates, struct resolved *item,
			   const struct registry_reading *reading)
{
	const struct settings *settings = item->settings;
	const char *const prefixes[] = { settings->tag_prefix ? settings->tag_prefix : "", "" };
	const int64_t lengths[] = { settings->sha_length, SHORT_LENGTH };
	size_t prefix_count = prefixes[0][0] ? 2 : 1,
	       length_count = lengths[0] > lengths[1] ? 2 : 1;

	for (size_t i = 0; i < prefix_count * length_count; i++) {
		struct candidate *candidate = &candidates->items[candidates->count];

		*candidate = (struct candidate){ .item = item, .reading = reading };
		snprintf(candidate->tag, sizeof(candidate->tag), "%s%.*s",
			 prefixes[i / length_count], (int)lengths[i % length_count],
			 reading->image.commit.sha);
		candidates->questions[candidates->count++] = (struct registry_question){
			.reference = &item->reference,
			.tag_or_digest = candidate->tag,
		};
	}
}

/* The tag that was asked for, if it ends in digits that begin the SHA. */
static bool is_own_tag(const struct reference *reference, const char *sha)
{
	const char *tag = reference->tag;

	if (!tag || reference->digest)
		return false;
	for (; strlen(tag) >= SHORT_LENGTH; tag++)
		if (str_starts(sha, tag))
			return true;
	return false;
}

static int list_candidates(struct resolution *set, struct candidates *candidates, struct error *err)
{
	candidates->items = calloc(CANDIDATES * set->count, sizeof(*candidates->items));
	candidates->questions = calloc(CANDIDATES * set->count, sizeof(*candidates->questions));
	if (!candidates->items || !candidates->questions)
		return error_set_memory(err);
	for (size_t i = 0; i < set->count; i++) {
		struct resolved *item = &set->items[i];
		const struct registry_reading *reading = &set->readings[i];

		item->is_tag_there = is_own_tag(&item->reference, reading->image.commit.sha);
		if (!item->is_tag_there)
			add_candidates(candidates, item, reading);
		else if (str_replace(&item->tag, item->reference.tag, err))
			return -1;
	}
	return 0;
}

static bool is_index(const struct registry_manifest *manifest)
{
	return str_equal(manifest->media_type, MEDIA_TYPE_OCI_INDEX) ||
	       str_equal(manifest->media_type, MEDIA_TYPE_DOCKER_LIST);
}

/* The same manifest; of images also another one for the same config, which
 * names all that is in the layers. */
static bool is_same_content(const struct registry_image *a, const struct registry_image *b)
{
	if (str_equal(a->manifest.digest.text, b->manifest.digest.text))
		return true;
	return !is_index(&a->manifest) && !is_index(&b->manifest) &&
	       str_equal(a->config_digest.text, b->config_digest.text);
}

static int conflict(const struct candidate *candidate, const struct registry_image *theirs,
		    struct error *err)
{
	const struct registry_image *ours = &candidate->reading->image;
	const struct resolved *item = candidate->item;
	const char *sha = theirs->commit.sha;

	if (str_equal(sha, ours->commit.sha))
		sha = "that commit";
	error_set(err, ERROR_CONFLICT, "'%s:%s' holds another image of %s", item->reference.name,
		  candidate->tag, sha[0] ? sha : "no known commit");
	return error_hint(err, "it holds %s, '%s' is %s", theirs->manifest.digest.text, item->word,
			  ours->manifest.digest.text);
}

/* Reads what the tag holds: 1 the same image, 0 nothing. */
static int compare(const struct candidate *candidate, struct registry_pool *pool, struct error *err)
{
	AUTO(registry_reading_release)
	struct registry_reading reading = {
		.reference = &candidate->item->reference,
		.tag_or_digest = candidate->tag,
		.sha_env = candidate->item->settings->sha_env,
		.image = REGISTRY_IMAGE_INIT,
	};

	if (registry_read_all(pool, &reading, 1, err))
		return -1;
	if (reading.answer == REGISTRY_UNKNOWN)
		*err = reading.err;
	else if (reading.answer == REGISTRY_NO ||
		 is_same_content(&reading.image, &candidate->reading->image))
		return reading.answer == REGISTRY_YES;
	else
		conflict(candidate, &reading.image, err);
	return at(candidate->item, err);
}

/* 1 if the tag is there and holds the same image, 0 if it is not there. */
static int check_tag(const struct candidate *candidate, const struct registry_question *question,
		     struct registry_pool *pool, struct error *err)
{
	const struct registry_image *image = &candidate->reading->image;

	if (question->answer == REGISTRY_NO)
		return 0;
	if (question->answer == REGISTRY_UNKNOWN && !error_is(&question->err, ERROR_UNSUPPORTED)) {
		*err = question->err;
		return at(candidate->item, err);
	}
	if (str_equal(question->digest.text, image->manifest.digest.text))
		return 1;
	return compare(candidate, pool, err);
}

/* The first of an item's tags that is there is its tag, else the first. */
static int choose(const struct candidate *candidate, const struct registry_question *question,
		  struct registry_pool *pool, struct error *err)
{
	struct resolved *item = candidate->item;
	int status;

	if (item->is_tag_there)
		return 0;
	status = check_tag(candidate, question, pool, err);
	if (status < 0)
		return -1;
	item->is_tag_there = status;
	return status || !item->tag ? str_replace(&item->tag, candidate->tag, err) : 0;
}

static int check_tags(struct resolution *set, struct registry_pool *pool, struct event_sink *sink,
		      struct error *err)
{
	AUTO(candidates_release) struct candidates candidates = { 0 };

	if (list_candidates(set, &candidates, err) ||
	    registry_ask_all(pool, candidates.questions, candidates.count, err))
		return -1;
	for (size_t i = 0; i < candidates.count; i++)
		if (choose(&candidates.items[i], &candidates.questions[i], pool, err))
			return -1;
	for (size_t i = 0; i < set->count; i++)
		if (!set->items[i].is_tag_there)
			event_warning(sink, "'%s:%s' does not exist; '%s' is of that commit",
				      set->items[i].reference.name, set->items[i].tag,
				      set->items[i].word);
	return 0;
}

/* "https://host/app.git" and ".../app/" are the same place; "" if not said. */
static struct slice source_of(const struct registry_reading *reading)
{
	const char *text = strmap_get(&reading->image.config.labels, LABEL_SOURCE);
	struct slice source = slice_of(text ? text : "");

	while (source.len && source.data[source.len - 1] == '/')
		source.len--;
	if (source.len > 4 && !memcmp(source.data + source.len - 4, ".git", 4))
		source.len -= 4;
	return source;
}

static bool is_same_source(const struct registry_reading *a, const struct registry_reading *b)
{
	struct slice one = source_of(a), other = source_of(b);

	return one.len == other.len && !memcmp(one.data, other.data, one.len);
}

/* Of each git repository the first image is compared with the others; those
 * that do not name theirs are taken to be of one. */
static void warn_of_disagreement(const struct resolution *set, struct event_sink *sink)
{
	for (size_t i = 1; i < set->count; i++) {
		const struct registry_reading *reading = &set->readings[i];
		size_t first = 0;

		while (!is_same_source(&set->readings[first], reading))
			first++;
		if (!str_equal(set->readings[first].image.commit.sha, reading->image.commit.sha))
			event_warning(sink, "'%s' is of commit %.7s and '%s' of %.7s%s",
				      set->items[first].word, set->readings[first].image.commit.sha,
				      set->items[i].word, reading->image.commit.sha,
				      source_of(reading).len ? " of one repository"
							     : "; neither names its repository");
	}
}

int resolve(struct resolution *set, const struct settings *settings, struct event_sink *sink,
	    struct error *err)
{
	struct registry_options options = settings_registry_options(settings, sink);
	AUTO(registry_pool_release) struct registry_pool pool = { .options = &options };

	if (read_set(set, &pool, sink, err) || check_tags(set, &pool, sink, err))
		return -1;
	warn_of_disagreement(set, sink);
	return 0;
}
