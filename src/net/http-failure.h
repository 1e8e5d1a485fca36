/* SPDX-License-Identifier: MIT */
#pragma once
/* Inside net/: what it means that libcurl gave a transfer up. */
#include <curl/curl.h>
#include <stdbool.h>

#include "base/error.h"

struct http_failure {
	CURL *easy;
	CURLcode code;
	const char *text;	/* what libcurl says; may be "" */
	bool is_asked_for_ours; /* a certificate, by who has not answered */
};

/* Sets the error that net/http.h promises. */
void http_failure_explain(const struct http_failure *failure, struct error *err);
