/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A compiled pattern: a row of items, each of which consumes a character,
 * asserts something of the place, or leads on to later ones. State i is
 * "before item i"; one before an ITEM_STOP accepts. Inside of context/pattern
 * only.
 */
#include <stdint.h>

#include "base/buf.h"
#include "context/pattern.h"

#define RUNE_ERROR 0xfffd

enum pattern_kind {
	PATTERN_EXACT,	 /* the path is `text` */
	PATTERN_PREFIX,	 /* it starts with `text` */
	PATTERN_SUFFIX,	 /* it ends with `text`, or is it without its slash */
	PATTERN_PROGRAM, /* the items decide */
};

enum item_kind {
	ITEM_RUNE,
	ITEM_CLASS,
	ITEM_ANY,	   /* all but a line feed */
	ITEM_FORK,	   /* goes on with the next item and with `target` */
	ITEM_BEGIN,	   /* asserts the begin of the path */
	ITEM_END,	   /* ... its end */
	ITEM_BOUNDARY,	   /* ... that a word begins or ends here */
	ITEM_NOT_BOUNDARY, /* ... that none does */
	ITEM_STOP,
};

struct item {
	enum item_kind kind;
	bool is_repeated; /* any number of times, also none */
	bool is_negated;  /* the class */
	int32_t rune;
	size_t target;
	size_t range; /* the first of the class in `ranges` */
	size_t range_count;
};

struct rune_range {
	int32_t low;
	int32_t high;
};

struct pattern {
	enum pattern_kind kind;
	char *text;
	size_t text_len;
	struct item *items;
	size_t item_count;
	struct rune_range *ranges;
	size_t range_count;
	/* Literal begin and end of what the items match: to say no quickly. */
	char *head;
	size_t head_len;
	char *tail;
	size_t tail_len;
	/* Two sets of states, one bit each. */
	uint64_t *states;
	size_t word_count;
};

/* The character at the begin of `text`, which is not empty; returns its
 * length. What is no UTF-8 is one byte long and RUNE_ERROR. */
size_t rune_decode(struct slice text, int32_t *ret_rune);
void rune_add(struct buf *out, int32_t rune);

/* Items from the regular expression. */
int pattern_parse(struct pattern *pattern, struct slice expression, struct error *err) CHECK;
/* The class of POSIX ("[:alpha:]", also "[:^alpha:]") or of an escape ("\d")
 * at the begin of `text`: adds its ranges, returns its length; 0: none there,
 * -1: an unknown name. */
int pattern_add_class(struct pattern *pattern, struct slice text, struct error *err) CHECK;
int pattern_add_range(struct pattern *pattern, int32_t low, int32_t high, struct error *err) CHECK;
