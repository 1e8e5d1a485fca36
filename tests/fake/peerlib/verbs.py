# SPDX-License-Identifier: MIT
"""What a row of the script can do.

A verb is called with the exchange and the row's arguments. It may look at
`exchange.request`, has the true answer made by `exchange.answer()`, with all
that it changes in the registry, and sends what it likes. Returns True if the
connection goes on. In arguments {NAME} is the URL of that listener, {self} of
this one, {target} the request's own path and query.
"""
import gzip
import json
import os
import re
import subprocess
import time

from .wire import Answer, Broken

VERBS = {}
FOREVER = 3600


def verb(name, arguments=""):
    def add(function):
        function.arguments = arguments
        VERBS[name] = function
        return function
    return add


def pairs(arguments):
    """"Name:value" arguments; body=TEXT, body=@FILE; says=TEXT is an error's JSON."""
    headers, body = [], None
    for word in arguments:
        if word.startswith("body=@"):
            with open(word[6:], "rb") as file:
                body = file.read()
        elif word.startswith("body="):
            body = word[5:].encode()
        elif word.startswith("says="):
            body = json.dumps({"errors": [{"code": "SAID", "message": word[5:]}]}).encode()
        else:
            name, _, value = word.partition(":")
            headers.append((name, value.strip()))
    return headers, body


def unescape(text):
    return re.sub(r"\\([rnt0\\])", lambda found: {"r": "\r", "n": "\n", "t": "\t", "0": "\0",
                                                 "\\": "\\"}[found[1]], text).encode("latin-1")


def with_type(headers, body):
    if body and not any(name.lower() == "content-type" for name, _ in headers):
        return [("Content-Type", "application/json"), *headers]
    return headers


# Instead of the registry

@verb("status", "CODE [NAME:VALUE...] [body=TEXT|body=@FILE|says=TEXT]")
def status(exchange, arguments):
    """That answer; nothing happens in the registry."""
    exchange.request.body()
    headers, body = pairs(arguments[1:])
    return exchange.send(Answer(int(arguments[0]), with_type(headers, body), body or b""))


@verb("early", "CODE [NAME:VALUE...]")
def early(exchange, arguments):
    """That answer before the body was read; then the connection ends."""
    headers, body = pairs(arguments[1:])
    answer = Answer(int(arguments[0]), with_type(headers, body), body or b"")
    answer.is_last = True
    return exchange.send(answer)


@verb("refuse")
def refuse(exchange, _arguments):
    """RST once the head was read, or, for CONNECT, the connection accepted."""
    exchange.connection.reset()
    return False


@verb("hang-up")
def hang_up(exchange, _arguments):
    """FIN without an answer."""
    if exchange.request:
        exchange.request.body()
    exchange.connection.end()
    return False


@verb("down", "MS")
def down(exchange, arguments):
    """RST, and for so long nobody listens: connections are refused."""
    exchange.connection.listener.close_for(int(arguments[0]) / 1000)
    exchange.connection.reset()
    return False


@verb("cut", "BYTES")
def cut(exchange, arguments):
    """RST once so much of the body came; an upload keeps that part."""
    exchange.request.cut_after = int(arguments[0])
    exchange.answer()
    exchange.connection.reset()
    return False


@verb("raw", "TEXT")
def raw(exchange, arguments):
    r"""These bytes (\r \n \t \0 \\) and the end."""
    if exchange.request:
        exchange.request.body()
    exchange.connection.send(unescape(exchange.fill(arguments[0])))
    exchange.connection.end()
    return False


@verb("redirect", "URL [CODE]")
def redirect(exchange, arguments):
    """307 without a look at the registry; "{self}{target}" is a loop."""
    exchange.request.body()
    code = int(arguments[1]) if len(arguments) > 1 else 307
    return exchange.send(Answer(code, [("Location", exchange.fill(arguments[0]))]))


@verb("realm", "URL [SERVICE [SCOPE]]")
def realm(exchange, arguments):
    """401 that names this token server."""
    exchange.request.body()
    service, scope = ([*arguments[1:], "peer", "", ""] if len(arguments) < 2
                      else [*arguments[1:], ""])[:2]
    value = 'Bearer realm="%s",service="%s"' % (exchange.fill(arguments[0]), service)
    value += ',scope="%s"' % scope if scope else ""
    return exchange.send(Answer(401, [("WWW-Authenticate", value)]))


@verb("token", "TEXT [EXPIRES]")
def token(exchange, arguments):
    """A token server's answer."""
    exchange.request.body()
    document = {"token": arguments[0]}
    if len(arguments) > 1:
        document["expires_in"] = int(arguments[1])
    return exchange.send(Answer(200, [("Content-Type", "application/json")],
                                json.dumps(document).encode()))


@verb("endless", "[STATUS [NAME:VALUE...]]")
def endless(exchange, arguments):
    """A body that never ends, without any length."""
    exchange.request.body()
    headers, _ = pairs(arguments[1:])
    answer = Answer(int(arguments[0]) if arguments else 200,
                    [*headers, ("Transfer-Encoding", "chunked")])
    exchange.connection.send(answer.head(0))
    block = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    while True:
        exchange.connection.send(block)


@verb("endless-head")
def endless_head(exchange, _arguments):
    """Header lines without end."""
    exchange.request.body()
    exchange.connection.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        exchange.connection.send(b"X-More: " + b"x" * 1000 + b"\r\n")


@verb("deep", "DEPTH")
def deep(exchange, arguments):
    """JSON of that many levels."""
    exchange.request.body()
    depth = int(arguments[0])
    return exchange.send(Answer(200, [("Content-Type", "application/json")],
                                b'{"a":' * depth + b"1" + b"}" * depth))


# Around the true answer

@verb("pass")
def let_pass(exchange, _arguments):
    """Nothing special; a row with it asks that the request be made."""
    return exchange.send(exchange.answer())


@verb("reset", "BYTES")
def reset(exchange, arguments):
    """RST after so many bytes of the true answer: what was done stays done."""
    text = exchange.answer().text(exchange.request.method)
    exchange.connection.send(text[:int(arguments[0])])
    # What was sent must not be thrown away by the RST.
    time.sleep(0.02 if int(arguments[0]) else 0)
    exchange.connection.reset()
    return False


@verb("truncate", "BYTES")
def truncate(exchange, arguments):
    """FIN after so many bytes of the true answer's body."""
    answer = exchange.answer()
    head = answer.head(len(answer.body))
    exchange.connection.send(head + answer.body[:int(arguments[0])])
    exchange.connection.end()
    return False


@verb("stall", "[MS]")
def stall(exchange, arguments):
    """Waits, for ever if not said how long, then the true answer."""
    ms = int(arguments[0]) if arguments else FOREVER * 1000
    time.sleep(ms / 1000)
    return exchange.send(exchange.answer())


@verb("stall-after", "BYTES [MS]")
def stall_after(exchange, arguments):
    """So many bytes of the true answer, then a wait, then the rest."""
    text = exchange.answer().text(exchange.request.method)
    count = int(arguments[0])
    exchange.connection.send(text[:count])
    time.sleep(int(arguments[1]) / 1000 if len(arguments) > 1 else FOREVER)
    exchange.connection.send(text[count:])
    return True


@verb("dribble", "BYTES MS")
def dribble(exchange, arguments):
    """The true answer in such pieces, with such pauses."""
    text = exchange.answer().text(exchange.request.method)
    size = int(arguments[0])
    for start in range(0, len(text), size):
        exchange.connection.send(text[start:start + size])
        time.sleep(int(arguments[1]) / 1000)
    return True


@verb("slow-continue", "MS")
def slow_continue(exchange, arguments):
    """100 Continue comes so late."""
    time.sleep(int(arguments[0]) / 1000)
    return exchange.send(exchange.answer())


@verb("no-continue")
def no_continue(exchange, _arguments):
    """100 Continue never comes; the body is taken all the same."""
    exchange.request.awaits_continue = False
    return exchange.send(exchange.answer())


@verb("add", "NAME:VALUE...")
def add_headers(exchange, arguments):
    """More headers; also some twice."""
    answer = exchange.answer()
    headers, _ = pairs([exchange.fill(word) for word in arguments])
    answer.headers += headers
    return exchange.send(answer)


@verb("set", "NAME:VALUE...")
def set_headers(exchange, arguments):
    """Other values: a Location, Link, Docker-Content-Digest, Content-Length."""
    answer = exchange.answer()
    for name, value in pairs([exchange.fill(word) for word in arguments])[0]:
        answer.headers.set(name, value)
    return exchange.send(answer)


@verb("drop", "NAME...")
def drop_headers(exchange, arguments):
    """Without these headers."""
    answer = exchange.answer()
    for name in arguments:
        answer.headers.drop(name)
    return exchange.send(answer)


@verb("garbage-head")
def garbage_head(exchange, _arguments):
    """A header line that is none."""
    text = exchange.answer().text(exchange.request.method)
    exchange.connection.send(text.replace(b"\r\n", b"\r\n\x01\x02 no header\r\n", 1))
    return True


@verb("length", "NUMBER")
def length(exchange, arguments):
    """A Content-Length that lies; then the connection ends."""
    answer = exchange.answer()
    answer.headers.set("Content-Length", arguments[0])
    exchange.connection.send(answer.text(exchange.request.method))
    exchange.connection.end()
    return False


@verb("chunked")
def chunked(exchange, _arguments):
    """The true body in chunks."""
    answer = exchange.answer()
    answer.headers.append(("Transfer-Encoding", "chunked"))
    answer.body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (
        answer.body[start:start + 100] for start in range(0, len(answer.body), 100))
                           ) + b"0\r\n\r\n"
    return exchange.send(answer)


@verb("chunked-garbage")
def chunked_garbage(exchange, _arguments):
    """Chunks whose sizes are no numbers."""
    answer = exchange.answer()
    answer.headers.append(("Transfer-Encoding", "chunked"))
    answer.body = b"zz\r\n" + answer.body + b"\r\n"
    answer.is_last = True
    return exchange.send(answer)


@verb("body", "TEXT|@FILE")
def body(exchange, arguments):
    """Another body under the true head; Docker-Content-Digest stays."""
    answer = exchange.answer()
    answer.body = pairs(["body=" + arguments[0]])[1]
    return exchange.send(answer)


@verb("flip")
def flip(exchange, _arguments):
    """One bit of the body is another."""
    answer = exchange.answer()
    middle = len(answer.body) // 2
    if answer.body:
        answer.body = answer.body[:middle] + bytes([answer.body[middle] ^ 1]) + \
            answer.body[middle + 1:]
    return exchange.send(answer)


@verb("edit", "OLD NEW")
def edit(exchange, arguments):
    """The body with every OLD replaced; Docker-Content-Digest goes."""
    answer = exchange.answer()
    answer.body = answer.body.replace(arguments[0].encode(),
                                      exchange.fill(arguments[1]).encode())
    answer.headers.drop("Docker-Content-Digest")
    return exchange.send(answer)


@verb("gzip")
def gzipped(exchange, _arguments):
    """The body with Content-Encoding: gzip, which nobody asked for."""
    answer = exchange.answer()
    answer.headers.append(("Content-Encoding", "gzip"))
    answer.body = gzip.compress(answer.body)
    return exchange.send(answer)


@verb("lost", "STATUS [NAME:VALUE...]")
def lost(exchange, arguments):
    """It is done, but that status says it is not."""
    exchange.answer()
    headers, text = pairs(arguments[1:])
    return exchange.send(Answer(int(arguments[0]), headers, text or b""))


# For interleavings

@verb("exec", "COMMAND")
def execute(exchange, arguments):
    """Runs the shell command first, then the true answer."""
    exchange.request.body()
    subprocess.run(["/bin/sh", "-c", arguments[0]], check=False, stdin=subprocess.DEVNULL,
                   env={**os.environ, "PEER_REQUEST": exchange.request.line})
    return exchange.send(exchange.answer())


@verb("exec-after", "COMMAND")
def execute_after(exchange, arguments):
    """What is asked is done, then the command, then the answer is sent."""
    answer = exchange.answer()
    subprocess.run(["/bin/sh", "-c", arguments[0]], check=False, stdin=subprocess.DEVNULL,
                   env={**os.environ, "PEER_REQUEST": exchange.request.line})
    return exchange.send(answer)


@verb("hold", "FILE")
def hold(exchange, arguments):
    """Makes FILE.held and waits until FILE is there; then the true answer."""
    exchange.request.body()
    with open(arguments[0] + ".held", "w", encoding="ascii"):
        pass
    end = time.monotonic() + FOREVER
    while not os.path.exists(arguments[0]):
        if time.monotonic() > end:
            raise Broken("held too long")
        time.sleep(0.005)
    return exchange.send(exchange.answer())
