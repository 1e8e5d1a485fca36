/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A Docker with BuildKit on a unix socket, in a thread of its own: it takes
 * /session and /grpc, asks the session for what the script says, and answers
 * Solve and Status. It can break off after any number of bytes.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/buf.h"
#include "engine/engine.h"
#include "net/grpc.h"

#define DAEMON_ID "sha256:0123456789012345678901234567890123456789012345678901234567890123"

/* A question of the daemon's to the session, in the order in which they stand. */
struct daemon_question {
	const char *path; /* NULL ends the list */
	const char *metadata[3];
	/* One message in, one out; for FileSync all files are asked for, and what
	 * comes is "NAME=CONTENT;" each. */
	struct slice message;
	int code; /* that it must end with */
};

struct daemon_script {
	const struct daemon_question *questions;
	struct slice status; /* a StatusResponse behind the questions; may be empty */
	int code;	     /* that Solve ends with */
	const char *text;
	bool fails_at_once; /* Solve ends before anything else, and Status never */
	bool waits;	    /* Solve never ends */
	bool has_tunnel;    /* the session goes through Control/Session */
};

struct daemon {
	const struct daemon_script *script;
	char url[64];
	int listener;
	pthread_t thread;
	size_t budget; /* bytes it sends before it breaks off */
	size_t sent;
	/* What it saw. */
	struct buf session_head; /* of POST /session, or the tunnel's metadata */
	struct buf request;	 /* SolveRequest */
	struct buf answers;	 /* to its questions, one behind the other */
	char complaint[512];
	atomic_bool is_asked; /* all questions are answered */
	atomic_bool is_cancelled;
	/* Its connections. */
	int fds[2];
	size_t connection_count;
	struct grpc *control, *session;
	struct grpc_call *solve, *status;
	size_t question;
	struct question_state *state;
};

void daemon_start(struct daemon *daemon, const struct daemon_script *script, size_t budget);
/* Waits for its end, which comes when the client has gone. What it saw stays. */
void daemon_finish(struct daemon *daemon);
void daemon_release(struct daemon *daemon);

/* Between the files of the daemon. */
void daemon_complain(struct daemon *daemon, const char *what, const char *text);
/* The next question, or behind the last one the end of the build. */
void daemon_ask_next(struct daemon *daemon);
