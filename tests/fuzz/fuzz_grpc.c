/* SPDX-License-Identifier: MIT */
/*
 * A connection that is fed with mutated frames. The first letter says whom the
 * peer speaks to: a server ("s") or a client ("c") of ours. Then frames, with
 * ";" between: "h" headers of stream 1 (3, 5 ...: the digit), "H" with the end,
 * "d" one message of that content, "D" bytes of messages, "e" the same with the
 * end, "=" a frame of the type, flags and payload that follow, "!" bytes.
 * Each call ends exactly once, and a connection that breaks says why.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "../unit/net/frames.h"
#include "../unit/net/pipe.h"
#include "net/grpc.h"

#define ANSWER ":status: 200\ncontent-type: application/grpc\n"
#define CALL                                                                                       \
	":method: POST\n:scheme: http\n:authority: x\n:path: /x\ncontent-type: application/grpc\n"

const char *const fuzz_seeds[] = {
	"sh1" CALL ";d1abc;d1;e1",
	"sh1" CALL "a: b\na: c\n;D1\1\1\1\1\1\1;e1;h3" CALL ";d3hold;d3x;=3\1\1\1\1\1",
	"sH1:method: GET\n;h3" CALL ";h5" CALL ";d5fail;d3last;e3;e5;=61pingping",
	"ch1" ANSWER ";d1abc;H1grpc-status: 0\n",
	"cH1:status: 404\ncontent-type: text/plain\n;e3no",
	"ch1" ANSWER ";d1hold;d1x;H1grpc-status: 5\ngrpc-message: a%20b%zz\n;=70\1\1\1\1\1\1\1\1x",
	"c!HTTP/1.1 400 Bad Request\r\n\r\n",
	NULL,
};

struct fuzz_call {
	struct grpc_call *call;
	int ended;
};

struct fuzz {
	struct fuzz_call calls[32];
	size_t count;
};

static void require(bool holds)
{
	if (!holds)
		abort();
}

static int on_message(struct grpc_call *call, void *arg, struct slice message, struct error *err)
{
	struct fuzz_call *kept = arg;

	require(kept->call == call && !kept->ended && message.len <= 512);
	if (slice_is(message, "hold"))
		grpc_hold(call, true);
	return slice_is(message, "fail") ? error_set(err, ERROR_INPUT, "fail") : 0;
}

static int on_closed(struct grpc_call *call, void *arg, struct error *err)
{
	struct fuzz_call *kept = arg;

	require(kept->call == call && !kept->ended);
	return grpc_send(call, SLICE("answer"), err) || grpc_finish(call, 0, "\1%", err);
}

static void on_ended(struct grpc_call *call, void *arg, const struct grpc_status *status)
{
	struct fuzz_call *kept = arg;
	struct error err = { 0 };

	require(kept->call == call && !kept->ended++ && status->message);
	require(!grpc_status_check(status, &err) == !err.kind && !err.kind == !status->code);
}

static const struct grpc_handler handler = {
	.message = on_message,
	.closed = on_closed,
	.ended = on_ended,
};

static int on_call(void *arg, struct grpc_call *call, const char *path, struct error *err)
{
	struct fuzz *fuzz = arg;
	struct fuzz_call *kept = &fuzz->calls[fuzz->count];

	if (fuzz->count == ARRAY_SIZE(fuzz->calls) || path[0] != '/')
		return error_set(err, ERROR_DENIED, "no");
	fuzz->count++;
	*kept = (struct fuzz_call){ .call = call };
	grpc_call_handle(call, &handler, kept);
	return 0;
}

static const struct grpc_server server = { on_call };

static void add_message(struct buf *out, int stream, struct slice content)
{
	AUTO(buf_release) struct buf message = BUF_INIT(1024);

	buf_add_format(&message, "%c%c%c%c%c", 0, 0, 0, (int)(content.len >> 8) & 0xff,
		       (int)content.len & 0xff);
	buf_add_slice(&message, content);
	frame_add(out, FRAME_DATA, 0, stream, buf_slice(&message));
}

static void add_part(struct buf *out, struct slice part)
{
	char kind = part.len ? part.data[0] : '!';
	int stream = part.len > 1 ? part.data[1] & 7 : 1;
	struct slice rest = slice_skip(part, 2);

	switch (kind) {
	case 'h':
	case 'H':
		frame_add_headers(out, kind == 'H' ? FLAG_END_STREAM : 0, stream, rest);
		break;
	case 'd':
		add_message(out, stream, rest);
		break;
	case 'D':
	case 'e':
		frame_add(out, FRAME_DATA, kind == 'e' ? FLAG_END_STREAM : 0, stream, rest);
		break;
	case '=':
		frame_add(out, stream, rest.len ? rest.data[0] & 7 : 0, stream == 3 ? 1 : 0,
			  slice_skip(rest, 1));
		break;
	default:
		buf_add_slice(out, slice_skip(part, 1));
	}
}

static void make_bytes(struct slice text, bool is_server, struct buf *out)
{
	struct slice part;

	if (is_server)
		buf_add_text(out, FRAME_PREFACE);
	if (memchr(text.data, '!', text.len) != text.data)
		frame_add(out, FRAME_SETTINGS, 0, 0, SLICE(""));
	while (slice_cut(&text, ';', &part))
		add_part(out, part);
}

static struct grpc *open_connection(struct fuzz *fuzz, bool is_server, struct pipe_end *end)
{
	const struct grpc_options options = { .name = "fuzz",
					      .server = is_server ? &server : NULL,
					      .server_arg = fuzz };
	struct error err = { 0 };
	struct grpc *grpc = NULL;

	require(!grpc_new(&end->base, &options, &grpc, &err));
	while (!is_server && fuzz->count < 2) {
		struct fuzz_call *kept = &fuzz->calls[fuzz->count++];

		kept->call = grpc_start(grpc, &(struct grpc_request){ "/x", NULL, &handler, kept },
					&err);
		require(kept->call && !grpc_send(kept->call, SLICE("question"), &err));
	}
	return grpc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = { (const char *)data, size };
	AUTO(buf_release) struct buf bytes = BUF_INIT(64 * KIB);
	bool is_server = slice_starts(text, "s");
	struct pipe_end *ours, *theirs;
	struct fuzz fuzz = { 0 };
	struct error err = { 0 };
	struct grpc *grpc;
	int rounds = 0;

	pipe_make(&ours, &theirs);
	make_bytes(slice_skip(text, 1), is_server, &bytes);
	require(!bytes.has_failed);
	if (bytes.len)
		require(channel_write(&theirs->base, bytes.data, bytes.len, &err) > 0);
	ours->left = bytes.len;
	ours->piece = size % 3 ? SIZE_MAX : size % 41 + 1;
	grpc = open_connection(&fuzz, is_server, ours);
	while (!grpc_drive(&grpc, 1, 0, &err))
		require(rounds++ < 100000);
	require(err.kind == ERROR_PROTOCOL || err.kind == ERROR_UNREACHABLE);
	require(slice_starts(slice_of(err.message), "fuzz: "));
	grpc_free(grpc);
	channel_free(&theirs->base);
	for (size_t i = 0; i < fuzz.count; i++)
		require(fuzz.calls[i].ended == 1);
	return 0;
}
