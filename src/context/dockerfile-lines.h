/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The lines of a Dockerfile as instructions: comments and empty lines passed
 * over, continued lines joined, parser directives taken from the top. Inside
 * of context/dockerfile only.
 */
#include "base/buf.h"

/* A stretch of the text as the file has it. */
struct lines_piece {
	size_t at; /* in `text` */
	const char *source;
};

struct lines {
	struct slice rest;
	int number;  /* of the line read last */
	char escape; /* what continues a line */
	bool is_past_directives;
	bool has_escape; /* a directive set it */
	struct slice syntax;
	int syntax_line;   /* 0: no directive */
	struct buf text;   /* the instruction, white space around removed */
	struct buf pieces; /* of struct lines_piece, by `at`: what `text` was made of */
	int start;	   /* the line it begins in */
};

void lines_init(struct lines *lines, struct slice text);
void lines_release(struct lines *lines);
/* The next instruction: 1, or 0 at the end, or -1. */
int lines_next(struct lines *lines, struct error *err) CHECK;
/* Where a part of `text` stands in the file: the stretch that holds its first byte,
 * as much of it as the part has. */
struct slice lines_find(const struct lines *lines, struct slice part);
/* Passes over the body of a heredoc; -1 (err unset) if it does not end. */
int lines_skip_heredoc(struct lines *lines, struct slice terminator, bool is_chomped) CHECK;

/* The next word of `*rest`, separated by white space outside of quotes (which
 * it keeps) that `escape` does not protect; false at the end. */
bool lines_cut_word(struct slice *rest, char escape, struct slice *ret_word);
/* A word without its quotes and escapes, appended to `out`. */
void lines_unquote(struct slice word, char escape, struct buf *out);
