/* SPDX-License-Identifier: MIT */
/* Several blobs side by side, against a registry that counts how many it is sent at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "codec/digest.h"
#include "net/retry.h"
#include "registry/blob.h"

#define BLOBS	 10
#define PARALLEL 4

struct crowd {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	int listener;
	char host[32];
	char denied[80]; /* a digest; "": none */
	int under_way, peak, puts, connections;
};

static struct crowd crowd;

/* Holds each PUT until there are as many as there may be, or a second is over. */
static void gather(void)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec++;
	pthread_mutex_lock(&crowd.mutex);
	crowd.puts++;
	if (++crowd.under_way > crowd.peak)
		crowd.peak = crowd.under_way;
	pthread_cond_broadcast(&crowd.changed);
	while (crowd.peak < PARALLEL && !pthread_cond_timedwait(&crowd.changed, &crowd.mutex, &end))
		;
	crowd.under_way--;
	pthread_mutex_unlock(&crowd.mutex);
}

static const char *judge(const char *request)
{
	if (!strncmp(request, "HEAD ", 5))
		return crowd.denied[0] && strstr(request, crowd.denied)
			       ? "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"
			       : "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n";
	if (!strncmp(request, "POST ", 5))
		return "HTTP/1.1 202 Yes\r\nLocation: /s\r\nContent-Length: 0\r\n\r\n";
	gather();
	return "HTTP/1.1 201 Yes\r\nContent-Length: 0\r\n\r\n";
}

static void *serve(void *arg)
{
	int fd = (int)(intptr_t)arg;
	char request[4096];
	size_t len = 0;
	ssize_t got;

	while ((got = read(fd, request + len, sizeof(request) - 1 - len)) > 0) {
		const char *answer, *end, *size;
		size_t body = 0;

		len += (size_t)got;
		request[len] = '\0';
		end = strstr(request, "\r\n\r\n");
		size = strstr(request, "Content-Length: ");
		if (end && size)
			body = strtoul(size + 16, NULL, 10);
		if (!end || strlen(end + 4) < body)
			continue;
		answer = judge(request);
		if (write(fd, answer, strlen(answer)) < 0)
			break;
		len = 0;
	}
	close(fd);
	pthread_mutex_lock(&crowd.mutex);
	crowd.connections--;
	pthread_cond_broadcast(&crowd.changed);
	pthread_mutex_unlock(&crowd.mutex);
	return NULL;
}

static void *accept_all(void *arg)
{
	int fd;

	while ((fd = accept(crowd.listener, NULL, NULL)) >= 0) {
		pthread_t thread;

		pthread_mutex_lock(&crowd.mutex);
		crowd.connections++;
		pthread_mutex_unlock(&crowd.mutex);
		assert_int_equal(pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd), 0);
		pthread_detach(thread);
	}
	return arg;
}

static pthread_t crowd_open(void)
{
	struct sockaddr_in bound = { .sin_family = AF_INET };
	socklen_t len = sizeof(bound);
	pthread_t thread;

	crowd = (struct crowd){ .mutex = PTHREAD_MUTEX_INITIALIZER,
				.changed = PTHREAD_COND_INITIALIZER };
	bound.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	crowd.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(crowd.listener, (struct sockaddr *)&bound, sizeof(bound)), 0);
	assert_int_equal(listen(crowd.listener, 16), 0);
	assert_int_equal(getsockname(crowd.listener, (struct sockaddr *)&bound, &len), 0);
	snprintf(crowd.host, sizeof(crowd.host), "127.0.0.1:%d/a", ntohs(bound.sin_port));
	assert_int_equal(pthread_create(&thread, NULL, accept_all, NULL), 0);
	return thread;
}

/* Once the client has closed its connections. */
static void crowd_close(pthread_t thread)
{
	shutdown(crowd.listener, SHUT_RDWR);
	pthread_join(thread, NULL);
	close(crowd.listener);
	pthread_mutex_lock(&crowd.mutex);
	while (crowd.connections)
		pthread_cond_wait(&crowd.changed, &crowd.mutex);
	pthread_mutex_unlock(&crowd.mutex);
}

/* "blob 3", and what was told of it. */
struct content {
	char text[16];
	size_t given;
	struct digest_text digest;
	int64_t told;
};

static struct content contents[BLOBS];
static struct registry_blob blobs[BLOBS];

static int start(void *arg, struct error *err)
{
	(void)err;
	((struct content *)arg)->given = 0;
	return 0;
}

static ssize_t give(void *arg, void *data, size_t len, struct error *err)
{
	struct content *content = arg;
	size_t left = strlen(content->text) - content->given;

	(void)err;
	if (left > len)
		left = len;
	memcpy(data, content->text + content->given, left);
	content->given += left;
	return (ssize_t)left;
}

static void make_blobs(void)
{
	struct error err = { 0 };

	for (size_t i = 0; i < BLOBS; i++) {
		struct content *content = &contents[i];

		*content = (struct content){ .given = 0 };
		/* The last is the first once more. */
		snprintf(content->text, sizeof(content->text), "blob %zu", i % (BLOBS - 1));
		assert_int_equal(digest_of(slice_of(content->text), &content->digest, &err), 0);
		blobs[i] = (struct registry_blob){
			.digest = content->digest.text,
			.size = (int64_t)strlen(content->text),
			.start = start,
			.read = give,
			.arg = content,
		};
	}
}

static void on_event(struct event_sink *sink, const struct event *event)
{
	(void)sink;
	assert_int_equal(event->type, EVENT_PROGRESS);
	assert_string_equal(event->step, "publish");
	for (size_t i = 0; i < BLOBS; i++)
		if (!strcmp(event->subject, blobs[i].digest)) {
			assert_int_equal(event->total, blobs[i].size);
			contents[i].told = event->bytes;
		}
}

static int upload(struct error *err)
{
	AUTO(reference_release) struct reference reference = { 0 };
	AUTO(registry_freep) struct registry *registry = NULL;
	const struct retry once = { .attempts = 1 };
	struct event_sink sink = { on_event };

	assert_int_equal(reference_parse(crowd.host, &reference, err), 0);
	assert_int_equal(registry_open(&reference, &(struct registry_options){ .sink = &sink },
				       &registry, err),
			 0);
	registry_set_retry(registry, &once);
	return registry_upload_blobs(
		registry,
		&(struct registry_upload){
			.blobs = blobs, .count = BLOBS, .sink = &sink, .step = "publish" },
		err);
}

static void test_four_at_once(void **state)
{
	pthread_t thread = crowd_open();
	struct error err = { 0 };

	(void)state;
	make_blobs();
	if (upload(&err))
		fail_msg("%s", err.message);
	crowd_close(thread);
	assert_int_equal(crowd.peak, PARALLEL);
	assert_int_equal(crowd.puts, BLOBS - 1);
	for (size_t i = 0; i + 1 < BLOBS; i++) {
		assert_int_equal(blobs[i].outcome, REGISTRY_BLOB_SENT);
		assert_int_equal(contents[i].told, blobs[i].size);
	}
	assert_int_equal(blobs[BLOBS - 1].outcome, REGISTRY_BLOB_THERE);
}

static void test_the_first_error_ends_the_rest(void **state)
{
	pthread_t thread = crowd_open();
	struct error err = { 0 };

	(void)state;
	make_blobs();
	memcpy(crowd.denied, contents[2].digest.text, sizeof(contents[2].digest.text));
	assert_int_equal(upload(&err), -1);
	crowd_close(thread);
	assert_int_equal(err.kind, ERROR_DENIED);
	assert_non_null(strstr(err.message, contents[2].digest.text));
	assert_int_equal(blobs[2].outcome, REGISTRY_BLOB_UNKNOWN);
	assert_int_equal(blobs[BLOBS - 2].outcome, REGISTRY_BLOB_UNKNOWN);
}

static void test_nothing_to_send(void **state)
{
	AUTO(reference_release) struct reference reference = { 0 };
	AUTO(registry_freep) struct registry *registry = NULL;
	struct registry_blob blob = { .digest = "sha256:../../etc/passwd" };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(reference_parse("127.0.0.1:1/a", &reference, &err), 0);
	assert_int_equal(registry_open(&reference, NULL, &registry, &err), 0);
	assert_int_equal(registry_upload_blobs(registry, &(struct registry_upload){ 0 }, &err), 0);
	assert_int_equal(
		registry_upload_blobs(
			registry, &(struct registry_upload){ .blobs = &blob, .count = 1 }, &err),
		-1);
	assert_int_equal(err.kind, ERROR_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_four_at_once),
		cmocka_unit_test(test_the_first_error_ends_the_rest),
		cmocka_unit_test(test_nothing_to_send),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
