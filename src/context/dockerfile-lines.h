/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The lines of a Dockerfile as instructions: comments and empty lines passed
 * over, continued lines joined, parser directives taken from the top. Inside
 * of context/dockerfile only.
 */
#include "base/buf.h"

struct lines {
	struct slice rest;
	int number;  /* of the line read last */
	char escape; /* what continues a line */
	bool is_past_directives;
	bool has_escape; /* a directive set it */
	struct slice syntax;
	int syntax_line; /* 0: no directive */
	struct buf text; /* the instruction, white space around removed */
	int start;	 /* the line it begins in */
};

void lines_init(struct lines *lines, struct slice text);
void lines_release(struct lines *lines);
/* The next instruction: 1, or 0 at the end, or -1. */
int lines_next(struct lines *lines, struct error *err) CHECK;
/* Passes over the body of a heredoc; -1 (err unset) if it does not end. */
int lines_skip_heredoc(struct lines *lines, struct slice terminator, bool is_chomped) CHECK;

/* The next word of `*rest`, separated by white space outside of quotes (which
 * it keeps) that `escape` does not protect; false at the end. */
bool lines_cut_word(struct slice *rest, char escape, struct slice *ret_word);
/* A word without its quotes and escapes, appended to `out`. */
void lines_unquote(struct slice word, char escape, struct buf *out);
