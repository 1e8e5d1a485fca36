/* SPDX-License-Identifier: MIT */
#include "arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "image/manifest.h"

#define REQUEST_MAX 4096

struct request {
	char text[REQUEST_MAX];
	const char *body;
};

static bool receive(int fd, struct request *request)
{
	size_t len = 0, wanted = 0;

	for (;;) {
		char *end;
		const char *header;
		ssize_t got = read(fd, request->text + len, REQUEST_MAX - 1 - len);

		if (got <= 0)
			return false;
		len += (size_t)got;
		request->text[len] = '\0';
		end = strstr(request->text, "\r\n\r\n");
		if (!end)
			continue;
		request->body = end + 4;
		header = strcasestr(request->text, "\r\nContent-Length: ");
		wanted = header ? strtoul(header + 18, NULL, 10) : 0;
		if (len >= (size_t)(request->body - request->text) + wanted)
			return true;
	}
}

static void answer(int fd, int status, const struct arena_image *image, const char *body)
{
	char text[2048];
	int len = snprintf(text, sizeof(text),
			   "HTTP/1.1 %d Played\r\nConnection: close\r\nContent-Length: %zu\r\n"
			   "Docker-Distribution-Api-Version: registry/2.0\r\n"
			   "Content-Type: " MEDIA_TYPE_OCI_MANIFEST "\r\n%s%s%s\r\n%s",
			   status, body ? strlen(body) : 0, image ? "Docker-Content-Digest: " : "",
			   image ? image->digest.text : "", image ? "\r\n" : "", body ? body : "");

	if (write(fd, text, (size_t)len) != len)
		perror("arena");
}

/* Waits until the test says that it is this one's turn. */
static void stand(struct arena_door *door, enum arena_state state)
{
	struct arena *arena = door->arena;

	pthread_mutex_lock(&arena->lock);
	door->state = state;
	pthread_cond_broadcast(&arena->changed);
	while (!door->may_go)
		pthread_cond_wait(&arena->changed, &arena->lock);
	door->may_go = false;
	pthread_mutex_unlock(&arena->lock);
}

static void serve_blob(struct arena *arena, int fd, const char *digest)
{
	for (size_t i = 0; i < arena->image_count; i++)
		if (!strncmp(digest, arena->images[i].config_digest.text, 71)) {
			answer(fd, 200, NULL, arena->images[i].config);
			return;
		}
	answer(fd, 404, NULL, NULL);
}

static void write_tag(struct arena *arena, int *tag, int fd, const char *body)
{
	for (size_t i = 0; i < arena->image_count; i++)
		if (!strcmp(body, arena->images[i].manifest)) {
			*tag = (int)i;
			answer(fd, 201, &arena->images[i], NULL);
			return;
		}
	answer(fd, 400, NULL, NULL);
}

static void read_tag(const struct arena *arena, const int *tag, int fd, bool has_body)
{
	const struct arena_image *image = *tag < 0 ? NULL : &arena->images[*tag];

	if (image)
		answer(fd, 200, image, has_body ? image->manifest : NULL);
	else
		answer(fd, 404, NULL, NULL);
}

/* The tag that is asked for; NULL: none. */
static int *find_tag(struct arena *arena, const char *target)
{
	static const char latest[] = " /v2/app/manifests/latest ",
			  named[] = " /v2/app/manifests/" ARENA_NAMED " ";

	if (!target)
		return NULL;
	if (!strncmp(target, latest, strlen(latest)))
		return &arena->latest;
	return strncmp(target, named, strlen(named)) != 0 ? NULL : &arena->named;
}

static void serve(struct arena_door *door, int fd, const struct request *request)
{
	static const char blob[] = "GET /v2/app/blobs/";
	struct arena *arena = door->arena;
	const char *text = request->text;
	int *tag = find_tag(arena, strchr(text, ' '));

	if (!strncmp(text, blob, strlen(blob))) {
		serve_blob(arena, fd, text + strlen(blob));
	} else if (tag && text[0] == 'P') {
		stand(door, ARENA_WRITES);
		write_tag(arena, tag, fd, request->body);
	} else if (tag) {
		stand(door, ARENA_READS);
		read_tag(arena, tag, fd, text[0] == 'G');
	} else {
		snprintf(arena->complaint, sizeof(arena->complaint), "%.200s", text);
		answer(fd, 400, NULL, NULL);
	}
}

static void *door_main(void *arg)
{
	struct arena_door *door = arg;
	struct request request;
	int fd;

	while ((fd = accept(door->listener, NULL, NULL)) >= 0) {
		if (receive(fd, &request))
			serve(door, fd, &request);
		shutdown(fd, SHUT_WR);
		close(fd);
	}
	return NULL;
}

static void open_door(struct arena *arena, struct arena_door *door)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);

	door->arena = arena;
	door->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(door->listener, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(door->listener, 8), 0);
	assert_int_equal(getsockname(door->listener, (struct sockaddr *)&address, &len), 0);
	snprintf(door->host, sizeof(door->host), "127.0.0.1:%d", ntohs(address.sin_port));
	assert_int_equal(pthread_create(&door->thread, NULL, door_main, door), 0);
}

void arena_init(struct arena *arena)
{
	*arena = (struct arena){ .latest = -1, .named = -1 };
	pthread_mutex_init(&arena->lock, NULL);
	pthread_cond_init(&arena->changed, NULL);
	for (size_t i = 0; i < ARENA_DOORS; i++)
		open_door(arena, &arena->doors[i]);
}

void arena_release(struct arena *arena)
{
	for (size_t i = 0; i < ARENA_DOORS; i++) {
		shutdown(arena->doors[i].listener, SHUT_RDWR);
		pthread_join(arena->doors[i].thread, NULL);
		close(arena->doors[i].listener);
	}
	pthread_mutex_destroy(&arena->lock);
	pthread_cond_destroy(&arena->changed);
	if (arena->complaint[0])
		fail_msg("%s", arena->complaint);
}

/* By value: text and image must not overlap. */
static void write_manifest(struct digest_text config, size_t size, char text[512])
{
	snprintf(text, 512,
		 "{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_TYPE_OCI_MANIFEST
		 "\",\"config\":{\"mediaType\":\"application/"
		 "vnd.oci.image.config.v1+json\",\"digest\":\"%s\",\"size\":%zu},"
		 "\"layers\":[]}",
		 config.text, size);
}

void arena_add_config(struct arena *arena, const char *config)
{
	struct arena_image image = { .config = "" };
	struct error err = { 0 };

	snprintf(image.config, sizeof(image.config), "%s", config);
	assert_int_equal(digest_of(slice_of(image.config), &image.config_digest, &err), 0);
	write_manifest(image.config_digest, strlen(image.config), image.manifest);
	assert_int_equal(digest_of(slice_of(image.manifest), &image.digest, &err), 0);
	assert_true(arena->image_count < ARENA_IMAGES);
	arena->images[arena->image_count++] = image;
}

void arena_add(struct arena *arena, const char *sha)
{
	char config[256];

	snprintf(config, sizeof(config),
		 "{\"os\":\"linux\",\"architecture\":\"amd64\",\"config\":{\"Env\":[\"SHA=%s\"]},"
		 "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}",
		 sha);
	arena_add_config(arena, config);
}

void arena_enter(struct arena_door *door)
{
	pthread_mutex_lock(&door->arena->lock);
	door->state = ARENA_RUNNING;
	pthread_mutex_unlock(&door->arena->lock);
}

void arena_pause(struct arena_door *door)
{
	stand(door, ARENA_PAUSES);
}

void arena_leave(struct arena_door *door)
{
	pthread_mutex_lock(&door->arena->lock);
	door->state = ARENA_GONE;
	pthread_cond_broadcast(&door->arena->changed);
	pthread_mutex_unlock(&door->arena->lock);
}

static bool runs(const struct arena *arena)
{
	for (size_t i = 0; i < ARENA_DOORS; i++)
		if (arena->doors[i].state == ARENA_RUNNING)
			return true;
	return false;
}

bool arena_stands(struct arena *arena, enum arena_state ret_states[ARENA_DOORS])
{
	bool is_anybody_there = false;

	pthread_mutex_lock(&arena->lock);
	while (runs(arena))
		pthread_cond_wait(&arena->changed, &arena->lock);
	for (size_t i = 0; i < ARENA_DOORS; i++) {
		ret_states[i] = arena->doors[i].state;
		is_anybody_there = is_anybody_there || ret_states[i] != ARENA_GONE;
	}
	pthread_mutex_unlock(&arena->lock);
	return is_anybody_there;
}

void arena_step(struct arena *arena, size_t door)
{
	pthread_mutex_lock(&arena->lock);
	arena->doors[door].may_go = true;
	arena->doors[door].state = ARENA_RUNNING;
	pthread_cond_broadcast(&arena->changed);
	pthread_mutex_unlock(&arena->lock);
}
