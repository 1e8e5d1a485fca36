# SPDX-License-Identifier: MIT
"""HTTP/1.1 on one connection, as little of it as faults leave room for.

A request is read without its body; who needs the body asks for it, which is
when a client that awaits "100 Continue" gets it. An answer goes out as bytes
that nobody corrects: headers may repeat, lengths may lie.
"""
import socket
import struct
import urllib.parse

HEAD_MAX = 1 << 20
CHUNK = 1 << 16
CONTROL = "control"  # the listener without faults, logs and closed doors

REASONS = {
    200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 206: "Partial Content",
    301: "Moved Permanently", 302: "Found", 303: "See Other", 307: "Temporary Redirect",
    308: "Permanent Redirect", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden",
    404: "Not Found", 405: "Method Not Allowed", 413: "Content Too Large",
    415: "Unsupported Media Type", 416: "Range Not Satisfiable", 429: "Too Many Requests",
    500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable",
}


class Broken(Exception):
    """The client is gone, or sends what is not HTTP."""


class Headers(list):
    """Pairs of name and value in their order; names compare without case."""

    def get(self, name, otherwise=None):
        for key, value in self:
            if key.lower() == name.lower():
                return value
        return otherwise

    def all(self, name):
        return [value for key, value in self if key.lower() == name.lower()]

    def drop(self, name):
        self[:] = [pair for pair in self if pair[0].lower() != name.lower()]

    def set(self, name, value):
        self.drop(name)
        self.append((name, value))


class Answer:
    """`body` is bytes. Content-Length is added unless a header speaks of the length."""

    def __init__(self, status, headers=(), body=b""):
        self.status = status
        self.headers = Headers(headers)
        self.body = body
        self.is_last = False  # close the connection behind it

    def head(self, length):
        lines = ["HTTP/1.1 %d %s" % (self.status, REASONS.get(self.status, "Said So"))]
        lines += ["%s: %s" % pair for pair in self.headers]
        has_length = self.headers.get("Content-Length") or self.headers.get("Transfer-Encoding")
        if not has_length and self.status != 204:
            lines.append("Content-Length: %d" % length)
        if self.is_last:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def text(self, method):
        """All of it, as it goes over the wire."""
        head = self.head(len(self.body))
        return head if method == "HEAD" or self.status == 204 else head + self.body


class Request:
    def __init__(self, connection, method, target, headers):
        self.connection = connection
        self.method = method
        self.target = target
        self.headers = headers
        self.line = "%s %s" % (method, target)
        path, _, query = target.partition("?")
        self.path = urllib.parse.unquote(path)
        self.query = {}
        for name, value in urllib.parse.parse_qsl(query, keep_blank_values=True):
            self.query.setdefault(name, []).append(value)
        self._body = None
        self.came = b""  # of a body, until now
        self.cut_after = None  # bytes of the body, then RST
        self.awaits_continue = "100-continue" in (headers.get("Expect") or "").lower()

    def first(self, name):
        return self.query.get(name, [None])[0]

    @property
    def length(self):
        """None: it comes in chunks."""
        if "chunked" in (self.headers.get("Transfer-Encoding") or "").lower():
            return None
        text = self.headers.get("Content-Length") or "0"
        if not text.isdigit():
            raise Broken("Content-Length: " + text)
        return int(text)

    @property
    def has_unread_body(self):
        return self._body is None and self.length != 0

    def body(self):
        if self._body is None:
            self.let_continue()
            self.receive()
            if self.cut_after is not None:
                self.connection.reset()
                raise Broken("cut")
            self._body = self.came
        return self._body

    def receive(self):
        parts = []
        try:
            for data in self.connection.body_parts(self.length):
                parts.append(data)
                if self.cut_after is not None and sum(map(len, parts)) >= self.cut_after:
                    break
        finally:
            self.came = b"".join(parts)
            self.connection.saw_body(self, self.came)

    def let_continue(self):
        if self.awaits_continue:
            self.awaits_continue = False
            self.connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")


class Connection:
    """`saw_body` is called with what came of each request's body, before anything acts on it."""

    def __init__(self, sock, listener, saw_body):
        self.sock = sock
        self.listener = listener
        self.saw_body = saw_body
        self.buffer = b""

    def fill(self):
        try:
            data = self.sock.recv(CHUNK)
        except OSError as error:
            raise Broken(str(error)) from error
        if not data:
            raise Broken("closed")
        self.buffer += data

    def take(self, length):
        while len(self.buffer) < length:
            self.fill()
        data, self.buffer = self.buffer[:length], self.buffer[length:]
        return data

    def line(self):
        while b"\r\n" not in self.buffer:
            if len(self.buffer) > HEAD_MAX:
                raise Broken("a line without end")
            self.fill()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line.decode("latin-1")

    def read_request(self):
        if not self.buffer:
            self.fill()
        if not self.buffer[:1].isalpha():
            # Somebody tries TLS first, and is told at once.
            self.send(b"HTTP/1.0 400 Bad Request\r\n\r\nno HTTP\n")
            self.end()
            raise Broken("no HTTP")
        parts = self.line().split(" ")
        if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
            raise Broken("no request line")
        headers = Headers()
        while line := self.line():
            name, colon, value = line.partition(":")
            if not colon:
                raise Broken("no header line")
            headers.append((name, value.strip()))
        return Request(self, parts[0], parts[1], headers)

    def body_parts(self, length):
        if length is not None:
            while length:
                if not self.buffer:
                    self.fill()
                data = self.take(min(length, len(self.buffer)))
                length -= len(data)
                yield data
            return
        while size := int(self.line().split(";")[0], 16):
            yield self.take(size)
            self.line()
        while self.line():
            pass

    def send(self, data):
        try:
            self.sock.sendall(data)
        except OSError as error:
            raise Broken(str(error)) from error

    def reset(self):
        """RST instead of FIN."""
        try:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass
        self.close()

    def end(self):
        """FIN; then reads what is still coming, so that no RST overtakes our answer."""
        try:
            self.sock.shutdown(socket.SHUT_WR)
            self.sock.settimeout(0.5)
            while self.sock.recv(CHUNK):
                pass
        except OSError:
            pass
        self.close()

    def close(self):
        try:
            self.sock.close()
        except OSError:
            pass
