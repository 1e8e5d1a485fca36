/* SPDX-License-Identifier: MIT */
#include "image/config.h"

#include "codec/digest.h"
#include "codec/json.h"

#define SHA_LEN	       40
#define REVISION_LABEL "org.opencontainers.image.revision"

static void history_release(struct image_history *history)
{
	free(history->created);
	free(history->created_by);
	free(history->comment);
}

void image_config_release(struct image_config *config)
{
	free(config->created);
	platform_release(&config->platform);
	strv_release(&config->env);
	strmap_release(&config->labels);
	strv_release(&config->diff_ids);
	for (size_t i = 0; i < config->history_count; i++)
		history_release(&config->history[i]);
	free(config->history);
	*config = (struct image_config){ 0 };
}

static const struct json_field root_fields[] = {
	JSON_FIELD(struct image_config, created, "created", JSON_FIELD_TEXT),
};
static const struct json_table root_table = JSON_TABLE(root_fields);

static const struct json_field inner_fields[] = {
	JSON_FIELD(struct image_config, env, "Env", JSON_FIELD_TEXTS),
	JSON_FIELD(struct image_config, labels, "Labels", JSON_FIELD_MAP),
};
static const struct json_table inner_table = JSON_TABLE(inner_fields);

static const struct json_field rootfs_fields[] = {
	/* Required by the specification, left out by dockerd if there is no layer. */
	JSON_FIELD(struct image_config, diff_ids, "diff_ids", JSON_FIELD_TEXTS),
};
static const struct json_table rootfs_table = JSON_TABLE(rootfs_fields);

static const struct json_field history_fields[] = {
	JSON_FIELD(struct image_history, created, "created", JSON_FIELD_TEXT),
	JSON_FIELD(struct image_history, created_by, "created_by", JSON_FIELD_TEXT),
	JSON_FIELD(struct image_history, comment, "comment", JSON_FIELD_TEXT),
	JSON_FIELD(struct image_history, is_empty_layer, "empty_layer", JSON_FIELD_BOOL),
};
static const struct json_table history_table = JSON_TABLE(history_fields);

/* NULL for a member that is missing or null. */
static const struct json *member(const struct json *json, const char *name)
{
	const struct json *value = json_get(json, name);

	return value && json_type(value) != JSON_NULL ? value : NULL;
}

static int read_history(const struct json *list, struct image_config *config, struct error *err)
{
	if (!list)
		return 0;
	if (json_type(list) != JSON_ARRAY)
		return error_set(err, ERROR_PROTOCOL, "config.history: expected an array");
	config->history = calloc(json_count(list) + 1, sizeof(*config->history));
	if (!config->history)
		return error_set_memory(err);
	for (struct json *child = json_first(list); child; child = json_next(child)) {
		size_t at = config->history_count++;
		char where[40];

		snprintf(where, sizeof(where), "history[%zu]", at);
		if (json_read(child, where, &history_table, &config->history[at], err))
			return -1;
	}
	return 0;
}

static int read_config(const struct json *json, struct image_config *config, struct error *err)
{
	const struct json *inner = member(json, "config");

	if (json_read(json, "config", &root_table, config, err) ||
	    json_read(json, "config", &platform_table, &config->platform, err) ||
	    (inner && json_read(inner, "config.config", &inner_table, config, err)) ||
	    json_read(member(json, "rootfs"), "config.rootfs", &rootfs_table, config, err) ||
	    read_history(member(json, "history"), config, err))
		return -1;
	for (size_t i = 0; i < config->diff_ids.len; i++)
		if (!digest_is_valid(config->diff_ids.items[i]))
			return error_set(err, ERROR_PROTOCOL,
					 "config.rootfs.diff_ids[%zu]: no SHA-256 digest", i);
	return 0;
}

int image_config_parse(struct slice text, struct image_config *ret_config, struct error *err)
{
	AUTO(image_config_release) struct image_config config = { 0 };
	AUTO(json_freep) struct json *json = json_parse(text, err);

	if (!json || read_config(json, &config, err))
		return -1;
	*ret_config = config;
	config = (struct image_config){ 0 };
	return 0;
}

const char *image_env_get(const struct strv *env, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = env->len; i-- > 0;)
		if (str_starts(env->items[i], name) && env->items[i][len] == '=')
			return env->items[i] + len + 1;
	return NULL;
}

/* "<40 hex>" or "<40 hex>-dirty" */
static bool read_sha(const char *value, struct image_commit *ret_commit)
{
	char sha[SHA_LEN + 1];

	if (!value || strlen(value) < SHA_LEN ||
	    (value[SHA_LEN] && !str_equal(value + SHA_LEN, "-dirty")))
		return false;
	memcpy(sha, value, SHA_LEN);
	sha[SHA_LEN] = '\0';
	if (!str_is_hex(sha, SHA_LEN))
		return false;
	memcpy(ret_commit->sha, sha, sizeof(sha));
	ret_commit->is_dirty = value[SHA_LEN];
	return true;
}

bool image_commit_of(const struct strv *env, const struct strmap *labels, const char *sha_env,
		     struct image_commit *ret_commit)
{
	const char *name = sha_env ? sha_env : "SHA";
	const struct {
		const char *source;
		const char *value;
	} places[] = {
		{ name, image_env_get(env, name) },
		{ "COMMIT_SHA", image_env_get(env, "COMMIT_SHA") },
		{ REVISION_LABEL, strmap_get(labels, REVISION_LABEL) },
	};
	struct image_commit commit = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct image_commit one = { .source = places[i].source };

		if (!read_sha(places[i].value, &one))
			continue;
		if (!commit.source)
			commit = one;
		else if (!str_equal(commit.sha, one.sha))
			commit.is_contradicted = true;
	}
	if (!commit.source)
		return false;
	*ret_commit = commit;
	return true;
}

bool image_commit_is(const struct image_commit *commit, const char *sha)
{
	return str_equal(commit->sha, sha) && !commit->is_dirty && !commit->is_contradicted;
}
