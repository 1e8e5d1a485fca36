/* SPDX-License-Identifier: MIT */
#include "registry/challenge.h"

#include <strings.h>

#include "base/limits.h"

void challenge_release(struct challenge *challenge)
{
	free(challenge->realm);
	free(challenge->service);
	free(challenge->scope);
	free(challenge->error);
	*challenge = (struct challenge){ 0 };
}

bool challenge_is_insufficient(const struct challenge *challenge)
{
	return challenge->is_bearer && str_equal(challenge->error, "insufficient_scope");
}

/* The first of each scheme. */
struct offer {
	struct challenge bearer;
	struct challenge basic;
	bool has_bearer;
	bool has_basic;
};

static void offer_release(struct offer *offer)
{
	challenge_release(&offer->bearer);
	challenge_release(&offer->basic);
}

static struct slice cut_token(struct slice *rest)
{
	struct slice token = { rest->data, 0 };

	while (token.len < rest->len && !strchr(" \t,=\"", rest->data[token.len]))
		token.len++;
	*rest = slice_skip(*rest, token.len);
	return token;
}

static void skip_blanks(struct slice *rest)
{
	while (rest->len && (rest->data[0] == ' ' || rest->data[0] == '\t'))
		*rest = slice_skip(*rest, 1);
}

/* A token or a quoted string, in which a backslash takes the next byte as it is. */
static void cut_value(struct slice *rest, struct buf *value)
{
	buf_reset(value);
	if (!slice_starts(*rest, "\"")) {
		buf_add_slice(value, cut_token(rest));
		return;
	}
	*rest = slice_skip(*rest, 1);
	while (rest->len && rest->data[0] != '"') {
		if (rest->data[0] == '\\' && rest->len > 1)
			*rest = slice_skip(*rest, 1);
		buf_add_char(value, rest->data[0]);
		*rest = slice_skip(*rest, 1);
	}
	*rest = slice_skip(*rest, 1);
}

static bool is_word(struct slice text, const char *word)
{
	return text.len == strlen(word) && !strncasecmp(text.data, word, text.len);
}

/* A second parameter of the same name does not count. */
static int set_parameter(struct challenge *challenge, struct slice name, const struct buf *value,
			 struct error *err)
{
	char **field = is_word(name, "realm")	  ? &challenge->realm
		       : is_word(name, "service") ? &challenge->service
		       : is_word(name, "scope")	  ? &challenge->scope
		       : is_word(name, "error")	  ? &challenge->error
						  : NULL;

	if (buf_check(value, "a challenge", err))
		return -1;
	return field && !*field ? str_replace(field, value->data, err) : 0;
}

/* The challenge that begins with this scheme; NULL if it is not for us. */
static struct challenge *begin(struct offer *offer, struct slice scheme)
{
	bool is_bearer = is_word(scheme, "Bearer"), *has;

	if (!is_bearer && !is_word(scheme, "Basic"))
		return NULL;
	has = is_bearer ? &offer->has_bearer : &offer->has_basic;
	if (*has)
		return NULL;
	*has = true;
	return is_bearer ? &offer->bearer : &offer->basic;
}

/* A word with '=' behind it is a parameter, any other a scheme. */
static int read_line(struct slice rest, struct offer *offer, struct error *err)
{
	AUTO(buf_release) struct buf value = BUF_INIT(LIMIT_HEADER_LINE);
	struct challenge *current = NULL;

	while (rest.len) {
		struct slice word = cut_token(&rest);

		if (!word.len) {
			rest = slice_skip(rest, 1);
			continue;
		}
		skip_blanks(&rest);
		if (!slice_starts(rest, "=")) {
			current = begin(offer, word);
			continue;
		}
		rest = slice_skip(rest, 1);
		skip_blanks(&rest);
		cut_value(&rest, &value);
		if (current && set_parameter(current, word, &value, err))
			return -1;
	}
	return 0;
}

int challenge_read(const struct http_response *response, struct challenge *ret_challenge,
		   struct error *err)
{
	AUTO(offer_release) struct offer offer = { 0 };
	const struct http_header *line = NULL;

	while ((line = http_header_next(response, "WWW-Authenticate", line)))
		if (read_line(slice_of(line->value), &offer, err))
			return -1;
	if (!offer.has_bearer && !offer.has_basic)
		return 0;
	challenge_release(ret_challenge);
	*ret_challenge = offer.has_bearer ? offer.bearer : offer.basic;
	ret_challenge->is_bearer = offer.has_bearer;
	*(offer.has_bearer ? &offer.bearer : &offer.basic) = (struct challenge){ 0 };
	return 1;
}
