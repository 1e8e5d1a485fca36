/* SPDX-License-Identifier: MIT */
#include "registry/registry.h"

#include <strings.h>

#include "registry/client.h"
#include "registry/store.h"
#include "registry/token.h"

/* Docker Hub's name is not the name of its server. */
#define DOCKER_HUB_HOST "registry-1.docker.io"

void registry_manifest_release(struct registry_manifest *manifest)
{
	buf_release(&manifest->bytes);
	free(manifest->media_type);
	*manifest = (struct registry_manifest)REGISTRY_MANIFEST_INIT;
}

void registry_image_release(struct registry_image *image)
{
	registry_manifest_release(&image->manifest);
	image_config_release(&image->config);
	*image = (struct registry_image)REGISTRY_IMAGE_INIT;
}

bool registry_lists(const struct strv *hosts, const char *host)
{
	for (size_t i = 0; hosts && i < hosts->len; i++)
		if (!strcasecmp(hosts->items[i], host))
			return true;
	return false;
}

bool registry_is_plain(const struct registry *registry)
{
	return !reference_is_loopback(registry->host) &&
	       registry_lists(registry->options.plain_http, registry->host);
}

static int set_origin(struct registry *registry, struct error *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(300);
	bool is_plain = reference_is_loopback(registry->host) || registry_is_plain(registry);
	const char *host = registry->host;

	if (str_equal(host, REFERENCE_DOCKER_HUB))
		host = DOCKER_HUB_HOST;
	buf_add_format(&text, "%s://%s", is_plain ? "http" : "https", host);
	if (buf_check(&text, "a URL", err) || url_parse(text.data, &registry->origin, err)) {
		if (error_is(err, ERROR_PROTOCOL))
			err->kind = ERROR_INPUT;
		return -1;
	}
	return 0;
}

static int make_clients(struct registry *registry, struct http_client *beside, struct error *err)
{
	struct certificates *certificates = &registry->certificates;

	if (certificates_find(registry->host, certificates, err) ||
	    http_client_new(
		    &(struct http_client_options){
			    .ca_file = certificates->ca_file,
			    .client_certificate = certificates->client_certificate,
			    .client_key = certificates->client_key,
			    .beside = beside,
		    },
		    &registry->client, err))
		return -1;
	return http_client_new(&(struct http_client_options){ .beside = registry->client },
			       &registry->foreign_client, err);
}

static struct registry *new_registry(const struct reference *reference,
				     const struct registry_options *options, struct error *err)
{
	AUTO(registry_freep) struct registry *registry = calloc(1, sizeof(*registry));

	if (!registry) {
		error_set_memory(err);
		return NULL;
	}
	registry->home = registry;
	if (options)
		registry->options = *options;
	registry->own_retry.sink = registry->options.sink;
	registry->retry = &registry->own_retry;
	registry->host = str_copy(reference->host, err);
	if (!registry->host || str_replace(&registry->repository, reference->repository, err) ||
	    set_origin(registry, err))
		return NULL;
	if (registry->repository) {
		registry->resource = str_format(err, "repository:%s", registry->repository);
		if (!registry->resource)
			return NULL;
	}
	return TAKE(registry);
}

int registry_open(const struct reference *reference, const struct registry_options *options,
		  struct registry **ret_registry, struct error *err)
{
	AUTO(registry_freep) struct registry *registry = new_registry(reference, options, err);

	if (!registry || make_clients(registry, NULL, err))
		return -1;
	*ret_registry = TAKE(registry);
	return 0;
}

int registry_open_beside(const struct reference *reference, struct registry *beside,
			 struct registry **ret_registry, struct error *err)
{
	AUTO(registry_freep)
	struct registry *registry = new_registry(reference, &beside->options, err);
	struct registry *home = beside->home;

	if (!registry)
		return -1;
	if (str_equal(registry->host, home->host)) {
		registry->home = home;
		registry->client = home->client;
		registry->foreign_client = home->foreign_client;
	} else if (make_clients(registry, beside->client, err)) {
		return -1;
	}
	if (beside->retry != &beside->own_retry)
		registry->retry = beside->retry;
	*ret_registry = TAKE(registry);
	return 0;
}

void registry_free(struct registry *registry)
{
	if (!registry)
		return;
	if (registry->store)
		registry->store->ops->free(registry->store);
	token_free(registry->token);
	configs_release(&registry->configs);
	if (registry->home == registry) {
		http_client_free(registry->foreign_client);
		http_client_free(registry->client);
	}
	url_release(&registry->origin);
	credentials_release(&registry->credentials);
	challenge_release(&registry->challenge);
	scopes_release(&registry->scopes);
	certificates_release(&registry->certificates);
	secret_release(&registry->header);
	free(registry->host);
	free(registry->repository);
	free(registry->resource);
	free(registry->mount_from);
	free(registry);
}

void registry_freep(struct registry **registry)
{
	registry_free(*registry);
}

void registry_set_retry(struct registry *registry, const struct retry *retry)
{
	registry->retry = retry;
}
