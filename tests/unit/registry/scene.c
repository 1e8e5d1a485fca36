/* SPDX-License-Identifier: MIT */
#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "documents.h"
#include "net/retry.h"
#include "registry/stream.h"

static char home[64];
static char config_path[128];

int scene_set_up(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	memcpy(home, "/tmp/git-image-registry-XXXXXX", 31);
	assert_non_null(mkdtemp(home));
	snprintf(config_path, sizeof(config_path), "%s/config.json", home);
	setenv("HOME", home, 1);
	setenv("DOCKER_CONFIG", home, 1);
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("XDG_RUNTIME_DIR");
	unsetenv("REGISTRY_AUTH_FILE");
	return 0;
}

int scene_tear_down(void **state)
{
	(void)state;
	unlink(config_path);
	return rmdir(home);
}

/* Somebody who hears all and waits for nothing. */
struct stage {
	struct event_sink sink;
	struct retry retry;
	int waits;
	const struct scene *scene;
};

static void check_text(const struct scene *scene, const char *text)
{
	if (strstr(text, CANARY) || strstr(text, BASIC_AUTH))
		fail_msg("%s: a secret in '%s'", scene->name, text);
}

static void on_event(struct event_sink *sink, const struct event *event)
{
	struct stage *stage = (struct stage *)sink;
	char text[512];

	snprintf(text, sizeof(text), "%.*s", (int)event->text.len, event->text.data);
	check_text(stage->scene, text);
}

static int on_wait(void *arg, int64_t ms, struct error *err)
{
	(void)ms;
	(void)err;
	((struct stage *)arg)->waits++;
	return 0;
}

static void write_config(const struct scene *scene, const char *host)
{
	struct error err = { 0 };
	char text[512];

	unlink(config_path);
	if (!scene->config)
		return;
	/* The configurations are constants of the tests. */
	for (size_t i = 0, len = 0;; i++) {
		if (strncmp(scene->config + i, "%s", 2) != 0) {
			text[len++] = scene->config[i];
			if (!scene->config[i])
				break;
			continue;
		}
		memcpy(text + len, host, strlen(host));
		len += strlen(host);
		i++;
	}
	assert_int_equal(path_write(config_path, slice_of(text), 0600, &err), 0);
}

static enum registry_answer put(struct registry *registry, const char *tag, bool is_index,
				struct error *err)
{
	AUTO(registry_manifest_release) struct registry_manifest manifest = REGISTRY_MANIFEST_INIT;
	AUTO(buf_release) struct buf bytes = BUF_INIT(4096);

	buf_add_text(&bytes, is_index ? INDEX : MANIFEST);
	assert_int_equal(registry_manifest_of(
				 &bytes, is_index ? MEDIA_TYPE_OCI_INDEX : MEDIA_TYPE_OCI_MANIFEST,
				 &manifest, err),
			 0);
	assert_string_equal(manifest.digest.text, is_index ? INDEX_DIGEST : MANIFEST_DIGEST);
	return registry_put_manifest(registry, tag, &manifest, err) ? REGISTRY_UNKNOWN
								    : REGISTRY_YES;
}

static enum registry_answer get(struct registry *registry, const char *tag, struct error *err)
{
	AUTO(registry_manifest_release) struct registry_manifest manifest = REGISTRY_MANIFEST_INIT;
	enum registry_answer answer = registry_manifest(registry, tag, &manifest, err);

	if (answer == REGISTRY_YES) {
		assert_string_equal(manifest.bytes.data, MANIFEST);
		assert_string_equal(manifest.digest.text, MANIFEST_DIGEST);
		assert_string_equal(manifest.media_type, MEDIA_TYPE_OCI_MANIFEST);
	}
	return answer;
}

static enum registry_answer read_image(struct registry *registry, const char *tag,
				       struct error *err)
{
	AUTO(registry_image_release) struct registry_image image = REGISTRY_IMAGE_INIT;
	enum registry_answer answer = registry_read_image(registry, tag, NULL, &image, err);

	if (answer == REGISTRY_YES) {
		assert_string_equal(image.commit.sha, IMAGE_SHA);
		assert_string_equal(image.commit.source, "SHA");
	}
	return answer;
}

/* A blob's bytes: a text again and again. */
struct source {
	const struct scene *scene;
	int64_t size, given;
	const char *text;
	int starts, stops;
};

static int source_start(void *arg, struct error *err)
{
	struct source *source = arg;

	(void)err;
	source->given = 0;
	source->starts++;
	return 0;
}

static ssize_t source_read(void *arg, void *data, size_t len, struct error *err)
{
	struct source *source = arg;
	enum scene_source kind = source->scene->source;
	int64_t size = kind == SOURCE_SHORT ? source->size - 3 : source->size;
	size_t count = 0;

	if (kind == SOURCE_FAILS)
		return error_set(err, ERROR_UNREACHABLE, "the engine is gone");
	while (count < len && source->given < size) {
		size_t at = (size_t)source->given++ % (source->text[0] ? strlen(source->text) : 1);

		((char *)data)[count++] = kind == SOURCE_WRONG ? 'x' : source->text[at];
	}
	return (ssize_t)count;
}

static void source_stop(void *arg)
{
	((struct source *)arg)->stops++;
}

static enum registry_answer upload(struct registry *registry, struct stage *stage, char what,
				   struct error *err)
{
	const struct scene *scene = stage->scene;
	bool is_large = what == 'l';
	struct source source = {
		.scene = scene,
		.size = is_large ? strtoll(LARGE_SIZE, NULL, 10) : (int64_t)strlen(BLOB),
		.text = is_large ? "" : BLOB,
	};
	struct registry_blob blob = {
		.digest = is_large ? LARGE_DIGEST : CONFIG_DIGEST,
		.size = source.size,
		.start = scene->source == SOURCE_NONE ? NULL : source_start,
		.read = source_read,
		.stop = source_stop,
		.arg = &source,
	};
	int status = registry_upload_blobs(registry,
					   &(struct registry_upload){
						   .blobs = &blob,
						   .count = 1,
						   .mount_from = what == 'B' ? MOUNT_FROM : NULL,
						   .sink = &stage->sink,
					   },
					   err);

	if (blob.outcome != scene->outcome)
		fail_msg("%s: outcome %d: %s", scene->name, blob.outcome, err->message);
	if (source.starts != source.stops || (scene->starts >= 0 && source.starts != scene->starts))
		fail_msg("%s: %d starts, %d stops", scene->name, source.starts, source.stops);
	return status ? REGISTRY_UNKNOWN : REGISTRY_YES;
}

/* The blob's bytes one by one, and at their end its digest. */
struct streamed {
	struct registry_stream stream;
	const struct scene *scene;
	size_t given;
};

static ssize_t streamed_read(void *arg, void *data, size_t len, struct error *err)
{
	struct streamed *streamed = arg;

	if (streamed->scene->source == SOURCE_FAILS)
		return error_set(err, ERROR_INTERRUPTED, "the layer is not wanted any more");
	(void)len;
	if (!BLOB[streamed->given]) {
		streamed->stream.digest = CONFIG_DIGEST;
		return 0;
	}
	*(char *)data = BLOB[streamed->given++];
	return 1;
}

static enum registry_answer stream(struct registry *like, const struct scene *scene,
				   struct error *err)
{
	AUTO(registry_freep) struct registry *registry = NULL;
	struct streamed streamed = { .stream = { .read = streamed_read, .arg = &streamed },
				     .scene = scene };

	assert_int_equal(registry_open_for_stream(like, &registry, err), 0);
	return registry_stream_blob(registry, &streamed.stream, err) ? REGISTRY_UNKNOWN
								     : REGISTRY_YES;
}

static enum registry_answer ask(struct registry *registry, struct stage *stage, char what,
				struct error *err)
{
	const char *tag = stage->scene->tag ? stage->scene->tag : "t";
	struct registry_digest digest;
	enum registry_answer answer;

	switch (what) {
	case 'm':
		return get(registry, tag, err);
	case 'i':
		return read_image(registry, tag, err);
	case 'p':
	case 'x':
		return put(registry, tag, what == 'x', err);
	case 'b':
	case 'B':
	case 'l':
		return upload(registry, stage, what, err);
	case 's':
		return stream(registry, stage->scene, err);
	case 'w':
		usleep(850000);
		return REGISTRY_YES;
	default:
		answer = registry_exists(registry, tag, &digest, err);
		if (answer == REGISTRY_YES)
			assert_string_equal(digest.text, MANIFEST_DIGEST);
		return answer;
	}
}

static void check_end(const struct scene *scene, enum registry_answer answer,
		      const struct error *err)
{
	if (answer != scene->answer)
		fail_msg("%s: answer %d, '%s'", scene->name, answer, err->message);
	check_text(scene, err->message);
	check_text(scene, err->hint);
	if (answer != REGISTRY_UNKNOWN)
		return;
	if (err->kind != scene->kind)
		fail_msg("%s: %s: '%s'", scene->name, error_kind_name(err->kind), err->message);
	if (scene->message && !strstr(err->message, scene->message))
		fail_msg("%s: '%s'", scene->name, err->message);
	if (scene->hint && !strstr(err->hint, scene->hint))
		fail_msg("%s: '%s'", scene->name, err->hint);
}

void scene_play(const struct scene *scene)
{
	struct stage stage = { .sink = { on_event }, .scene = scene };
	AUTO(reference_release) struct reference reference = { 0 };
	AUTO(registry_freep) struct registry *registry = NULL;
	enum registry_answer answer = REGISTRY_NO;
	struct error err = { 0 };
	static struct peer self, other;
	char *trusted[] = { other.origin + strlen("http://"), NULL };
	const struct strv token_servers = { trusted, scene->trusts_other };
	const struct registry_options options = { .sink = &stage.sink,
						  .token_servers = &token_servers };
	char name[64];

	peer_listen(&self, "127.0.0.1");
	peer_listen(&other, "127.0.0.2");
	peer_run(&other, scene->other, &self);
	peer_run(&self, scene->rows, &other);
	write_config(scene, self.host);
	snprintf(name, sizeof(name), "%s/team/app", self.host);
	assert_int_equal(reference_parse(name, &reference, &err), 0);
	assert_int_equal(registry_open(&reference, &options, &registry, &err), 0);
	stage.retry = (struct retry){
		.sink = &stage.sink,
		.sleep = on_wait,
		.sleep_arg = &stage,
		.stall_ms = scene->stall_ms,
	};
	registry_set_retry(registry, &stage.retry);
	for (const char *what = scene->asks; *what; what++) {
		answer = ask(registry, &stage, *what, &err);
		if (what[1] && answer != REGISTRY_YES)
			fail_msg("%s: %s", scene->name, err.message);
	}
	peer_finish(&self);
	peer_finish(&other);
	for (size_t i = 0; !scene->trusts_other && i < other.received_len;
	     i += strlen(other.received + i) + 1)
		check_text(scene, other.received + i);
	check_end(scene, answer, &err);
	if (stage.waits != scene->waits)
		fail_msg("%s: %d waits", scene->name, stage.waits);
}
