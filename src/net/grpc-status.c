/* SPDX-License-Identifier: MIT */
#include "net/grpc-call.h"

static const struct {
	const char *name;
	enum error_kind kind;
} codes[] = {
	[GRPC_OK] = { "OK", ERROR_NONE },
	[GRPC_CANCELLED] = { "CANCELLED", ERROR_UNREACHABLE },
	[GRPC_UNKNOWN] = { "UNKNOWN", ERROR_SYSTEM },
	[GRPC_INVALID_ARGUMENT] = { "INVALID_ARGUMENT", ERROR_INPUT },
	[GRPC_DEADLINE_EXCEEDED] = { "DEADLINE_EXCEEDED", ERROR_UNREACHABLE },
	[GRPC_NOT_FOUND] = { "NOT_FOUND", ERROR_NOT_FOUND },
	[GRPC_ALREADY_EXISTS] = { "ALREADY_EXISTS", ERROR_CONFLICT },
	[GRPC_PERMISSION_DENIED] = { "PERMISSION_DENIED", ERROR_DENIED },
	[GRPC_RESOURCE_EXHAUSTED] = { "RESOURCE_EXHAUSTED", ERROR_SYSTEM },
	[GRPC_FAILED_PRECONDITION] = { "FAILED_PRECONDITION", ERROR_INPUT },
	[GRPC_ABORTED] = { "ABORTED", ERROR_CONFLICT },
	[GRPC_OUT_OF_RANGE] = { "OUT_OF_RANGE", ERROR_INPUT },
	[GRPC_UNIMPLEMENTED] = { "UNIMPLEMENTED", ERROR_UNSUPPORTED },
	[GRPC_INTERNAL] = { "INTERNAL", ERROR_SYSTEM },
	[GRPC_UNAVAILABLE] = { "UNAVAILABLE", ERROR_UNREACHABLE },
	[GRPC_DATA_LOSS] = { "DATA_LOSS", ERROR_PROTOCOL },
	[GRPC_UNAUTHENTICATED] = { "UNAUTHENTICATED", ERROR_DENIED },
};

static int clip(int code)
{
	return code < 0 || code >= (int)ARRAY_SIZE(codes) ? GRPC_UNKNOWN : code;
}

const char *grpc_code_name(int code)
{
	return codes[clip(code)].name;
}

int grpc_status_check(const struct grpc_status *status, struct error *err)
{
	struct str_brief brief;

	if (status->error) {
		*err = *status->error;
		return -1;
	}
	if (status->code == GRPC_OK)
		return 0;
	brief = str_brief(slice_of(status->message));
	return error_set(err, codes[clip(status->code)].kind, "%s",
			 brief.text[0] ? brief.text : grpc_code_name(status->code));
}

enum grpc_code grpc_code_of(const struct error *err)
{
	switch (err->kind) {
	case ERROR_NONE:
		return GRPC_OK;
	case ERROR_USAGE:
	case ERROR_INPUT:
		return GRPC_INVALID_ARGUMENT;
	case ERROR_NOT_FOUND:
		return GRPC_NOT_FOUND;
	case ERROR_DENIED:
		return GRPC_PERMISSION_DENIED;
	case ERROR_UNREACHABLE:
		return GRPC_UNAVAILABLE;
	case ERROR_UNSUPPORTED:
		return GRPC_UNIMPLEMENTED;
	case ERROR_MEMORY:
		return GRPC_RESOURCE_EXHAUSTED;
	case ERROR_INTERRUPTED:
		return GRPC_CANCELLED;
	case ERROR_PROTOCOL:
		return GRPC_INTERNAL;
	default:
		return GRPC_UNKNOWN;
	}
}

int grpc_code_of_http(int status)
{
	switch (status) {
	case 400:
		return GRPC_INTERNAL;
	case 401:
		return GRPC_UNAUTHENTICATED;
	case 403:
		return GRPC_PERMISSION_DENIED;
	case 404:
		return GRPC_UNIMPLEMENTED;
	case 429:
	case 502:
	case 503:
	case 504:
		return GRPC_UNAVAILABLE;
	default:
		return GRPC_UNKNOWN;
	}
}

int grpc_code_of_reset(uint32_t code)
{
	switch (code) {
	case H2_REFUSED_STREAM:
		return GRPC_UNAVAILABLE;
	case H2_CANCEL:
		return GRPC_CANCELLED;
	case H2_ENHANCE_YOUR_CALM:
		return GRPC_RESOURCE_EXHAUSTED;
	case H2_INADEQUATE_SECURITY:
		return GRPC_PERMISSION_DENIED;
	default:
		return GRPC_INTERNAL;
	}
}

static char *take(struct buf *text, struct error *err)
{
	if (!buf_check(text, "a status", err))
		return buf_take(text);
	return NULL;
}

char *grpc_text_encode(const char *text, struct error *err)
{
	AUTO(buf_release) struct buf out = BUF_INIT(LIMIT_GRPC_METADATA);

	for (; *text; text++) {
		if (*text >= ' ' && *text <= '~' && *text != '%')
			buf_add_char(&out, *text);
		else
			buf_add_format(&out, "%%%02X", (unsigned char)*text);
	}
	return take(&out, err);
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char *grpc_text_decode(const char *text, struct error *err)
{
	AUTO(buf_release) struct buf out = BUF_INIT(LIMIT_GRPC_METADATA);

	for (; *text; text++) {
		int high = *text == '%' ? digit_of(text[1]) : -1;
		int low = high >= 0 ? digit_of(text[2]) : -1;

		/* A NUL would cut the text off. */
		if (low >= 0 && (high || low)) {
			buf_add_char(&out, (char)(high << 4 | low));
			text += 2;
		} else {
			buf_add_char(&out, *text);
		}
	}
	return take(&out, err);
}
