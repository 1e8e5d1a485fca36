/* SPDX-License-Identifier: MIT */
#include "registry/absence.h"

#include "base/limits.h"
#include "codec/digest.h"
#include "registry/store.h"

char *registry_manifest_path(const char *tag_or_digest, struct error *err)
{
	if (digest_is_valid(tag_or_digest) || reference_is_valid_tag(tag_or_digest))
		return str_format(err, "manifests/%s", tag_or_digest);
	error_set(err, ERROR_INPUT, "'%.130s' is neither tag nor digest", tag_or_digest);
	return NULL;
}

int registry_wrap(const struct registry *registry, const char *tag_or_digest, struct error *err)
{
	char mark = strchr(tag_or_digest, ':') ? '@' : ':';

	if (registry->store)
		return error_wrap(err, "'%s%c%s'", registry->host, mark, tag_or_digest);
	return error_wrap(err, "'%s/%s%c%s'", registry->host, registry->repository, mark,
			  tag_or_digest);
}

static enum registry_answer unknown(const struct registry *registry, const char *tag_or_digest,
				    struct error *err)
{
	registry_wrap(registry, tag_or_digest, err);
	return REGISTRY_UNKNOWN;
}

/* Another algorithm's digest says nothing to us. */
int registry_read_digest(const struct http_response *response, struct registry_digest *ret_digest,
			 struct error *err)
{
	const char *digest = http_header_get(response, "Docker-Content-Digest");

	ret_digest->text[0] = '\0';
	if (!digest || str_starts(digest, "sha512:"))
		return 0;
	if (!digest_is_valid(digest))
		return error_set(err, ERROR_PROTOCOL, "Docker-Content-Digest: '%.80s' is no digest",
				 digest);
	memcpy(ret_digest->text, digest, strlen(digest) + 1);
	return 0;
}

int registry_check_digest(const char *digest, const char *said, const char *asked,
			  struct error *err)
{
	if (said[0] && !str_equal(digest, said))
		return error_set(err, ERROR_PROTOCOL, "the body is %s, its header says %s", digest,
				 said);
	if (strchr(asked, ':') && !str_equal(digest, asked))
		return error_set(err, ERROR_PROTOCOL, "the registry sent %s instead", digest);
	return 0;
}

int registry_take_manifest(struct http_response *response, const char *asked,
			   struct registry_manifest *ret_manifest, struct error *err)
{
	AUTO(manifest_release) struct manifest manifest = { 0 };
	struct registry_digest said;
	struct digest_text digest;

	if (registry_read_digest(response, &said, err) ||
	    digest_of(buf_slice(&response->body), &digest, err) ||
	    registry_check_digest(digest.text, said.text, asked, err) ||
	    manifest_parse(buf_slice(&response->body), http_header_get(response, "Content-Type"),
			   &manifest, err))
		return -1;
	registry_manifest_release(ret_manifest);
	ret_manifest->bytes = response->body;
	buf_init(&response->body, 0);
	ret_manifest->media_type = TAKE(manifest.media_type);
	memcpy(ret_manifest->digest.text, digest.text, sizeof(digest.text));
	return 0;
}

static int check_absence(struct ask *ask, struct error *err)
{
	int status = absence_judge(ask, err);

	if (!status)
		status = ask_finish(ask, err) ? -1 : absence_confirm(ask, err);
	return status < 0 ? -1 : 0;
}

/* 1 with the response, 0 if there is none. */
static int ask(struct registry *registry, const char *method, const char *tag_or_digest,
	       struct http_response *ret_response, struct error *err)
{
	AUTOFREE char *path = registry_manifest_path(tag_or_digest, err);
	AUTO(ask_release) struct ask ask = { .registry = registry };
	struct http_response *response;

	if (!path ||
	    ask_start(&ask,
		      &(struct registry_request){
			      .method = method,
			      .path = path,
			      .header = REGISTRY_ACCEPT,
		      },
		      err) ||
	    ask_finish(&ask, err))
		return -1;
	response = ask_response(&ask);
	if (response->status == 404)
		return check_absence(&ask, err);
	if (response->status != 200)
		return registry_refusal(registry, response, err);
	http_response_release(ret_response);
	*ret_response = *response;
	*response = (struct http_response)HTTP_RESPONSE_INIT;
	return 1;
}

static enum registry_answer stored(struct registry *registry, const char *tag_or_digest,
				   struct registry_manifest *ret_manifest, struct error *err)
{
	enum registry_answer answer =
		store_manifest(registry->store, tag_or_digest, ret_manifest, err);

	return answer == REGISTRY_UNKNOWN ? unknown(registry, tag_or_digest, err) : answer;
}

enum registry_answer registry_manifest(struct registry *registry, const char *tag_or_digest,
				       struct registry_manifest *ret_manifest, struct error *err)
{
	AUTO(http_response_release) struct http_response response = HTTP_RESPONSE_INIT;
	int status;

	if (registry->store)
		return stored(registry, tag_or_digest, ret_manifest, err);
	status = ask(registry, "GET", tag_or_digest, &response, err);

	if (!status)
		return REGISTRY_NO;
	if (status < 0 || registry_take_manifest(&response, tag_or_digest, ret_manifest, err))
		return unknown(registry, tag_or_digest, err);
	return REGISTRY_YES;
}

/* The registry does not say which one it is, or does not know HEAD. */
static enum registry_answer exists_by_get(struct registry *registry, const char *tag_or_digest,
					  struct registry_digest *ret_digest, struct error *err)
{
	AUTO(registry_manifest_release) struct registry_manifest manifest = REGISTRY_MANIFEST_INIT;
	enum registry_answer answer = registry_manifest(registry, tag_or_digest, &manifest, err);

	if (answer == REGISTRY_YES)
		*ret_digest = manifest.digest;
	return answer;
}

enum registry_answer registry_exists(struct registry *registry, const char *tag_or_digest,
				     struct registry_digest *ret_digest, struct error *err)
{
	AUTO(http_response_release) struct http_response response = HTTP_RESPONSE_INIT;
	struct registry_digest said = { "" };
	int status;

	if (registry->store)
		return exists_by_get(registry, tag_or_digest, ret_digest, err);
	status = ask(registry, "HEAD", tag_or_digest, &response, err);
	if (!status)
		return REGISTRY_NO;
	if (status < 0 && !error_is(err, ERROR_UNSUPPORTED))
		return unknown(registry, tag_or_digest, err);
	if (status > 0 && registry_read_digest(&response, &said, err))
		return unknown(registry, tag_or_digest, err);
	if (!said.text[0]) {
		error_clear(err);
		return exists_by_get(registry, tag_or_digest, ret_digest, err);
	}
	if (registry_check_digest(said.text, "", tag_or_digest, err))
		return unknown(registry, tag_or_digest, err);
	*ret_digest = said;
	return REGISTRY_YES;
}

int registry_manifest_of(struct buf *bytes, const char *media_type,
			 struct registry_manifest *ret_manifest, struct error *err)
{
	AUTOFREE char *type = str_copy(media_type, err);
	struct digest_text digest;

	if (!type || digest_of(buf_slice(bytes), &digest, err))
		return -1;
	registry_manifest_release(ret_manifest);
	ret_manifest->bytes = *bytes;
	buf_init(bytes, 0);
	ret_manifest->media_type = TAKE(type);
	memcpy(ret_manifest->digest.text, digest.text, sizeof(digest.text));
	return 0;
}

int registry_manifest_copy(const struct registry_manifest *manifest,
			   struct registry_manifest *ret_copy, struct error *err)
{
	AUTO(buf_release) struct buf bytes = BUF_INIT(LIMIT_JSON_DOCUMENT);

	buf_add_slice(&bytes, buf_slice(&manifest->bytes));
	if (buf_check(&bytes, "a manifest", err))
		return -1;
	return registry_manifest_of(&bytes, manifest->media_type, ret_copy, err);
}

static int put(struct registry *registry, const char *tag_or_digest,
	       const struct registry_manifest *manifest, struct error *err)
{
	AUTO(http_response_release) struct http_response response = HTTP_RESPONSE_INIT;
	AUTOFREE char *path = registry_manifest_path(tag_or_digest, err), *header = NULL;
	struct registry_digest said;

	if (!path)
		return -1;
	if (strchr(tag_or_digest, ':') && !str_equal(tag_or_digest, manifest->digest.text))
		return error_set(err, ERROR_INPUT, "the bytes are %s", manifest->digest.text);
	header = str_format(err, "Content-Type: %s", manifest->media_type);
	if (!header || registry_send(registry,
				     &(struct registry_request){
					     .method = "PUT",
					     .path = path,
					     .header = header,
					     .body = buf_slice(&manifest->bytes),
					     .is_push = true,
				     },
				     &response, err))
		return -1;
	if (response.status != 201 && response.status != 200)
		return registry_refusal(registry, &response, err);
	if (registry_read_digest(&response, &said, err))
		return -1;
	return said.text[0]
		       ? registry_check_digest(manifest->digest.text, said.text, tag_or_digest, err)
		       : 0;
}

int registry_put_manifest(struct registry *registry, const char *tag_or_digest,
			  const struct registry_manifest *manifest, struct error *err)
{
	struct store *store = registry->store;

	if (store ? store->ops->put_manifest(store, tag_or_digest, manifest, err)
		  : put(registry, tag_or_digest, manifest, err))
		return registry_wrap(registry, tag_or_digest, err);
	return 0;
}
