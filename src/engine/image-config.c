/* SPDX-License-Identifier: MIT */
#include "engine/image-config.h"

#define NANOSECONDS 1000000

static const struct json_field config_fields[] = {
	JSON_FIELD(struct engine_image, labels, "Labels", JSON_FIELD_MAP),
	JSON_FIELD(struct engine_image, env, "Env", JSON_FIELD_TEXTS),
	JSON_FIELD(struct engine_image, shell, "Shell", JSON_FIELD_TEXTS),
	JSON_FIELD(struct engine_image, user, "User", JSON_FIELD_TEXT),
};

static const struct json_field health_fields[] = {
	JSON_FIELD(struct engine_image, health_test, "Test", JSON_FIELD_TEXTS),
	JSON_FIELD(struct engine_image, health_retries, "Retries", JSON_FIELD_INT),
};

#define READ(json, where, fields, ret, err)                                                        \
	json_read((json), (where), &(const struct json_table)JSON_TABLE(fields), (ret), (err))

static int read_health(const struct json *health, struct engine_image *image, struct error *err)
{
	if (!health || json_type(health) == JSON_NULL)
		return 0;
	image->health_interval_ms = json_int(json_get(health, "Interval"), 0) / NANOSECONDS;
	image->health_timeout_ms = json_int(json_get(health, "Timeout"), 0) / NANOSECONDS;
	image->health_start_period_ms = json_int(json_get(health, "StartPeriod"), 0) / NANOSECONDS;
	image->health_start_interval_ms =
		json_int(json_get(health, "StartInterval"), 0) / NANOSECONDS;
	return READ(health, "Healthcheck", health_fields, image, err);
}

int image_read_config(const struct json *config, const struct json *health,
		      struct engine_image *image, struct error *err)
{
	if (config && json_type(config) == JSON_OBJECT &&
	    READ(config, "config", config_fields, image, err))
		return -1;
	return read_health(health ? health : json_get(config, "Healthcheck"), image, err);
}
