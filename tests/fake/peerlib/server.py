# SPDX-License-Identifier: MIT
"""Listeners, each an origin of its own, and a thread for each connection."""
import socket
import ssl
import sys
import threading
import time

from .wire import Answer, Broken, Connection, CONTROL

FOREVER = 3600


class Exchange:
    """A request and its row; `request` is None for a row of CONNECT."""

    def __init__(self, server, connection, request):
        self.server = server
        self.connection = connection
        self.request = request

    def fill(self, text):
        listener = self.connection.listener
        for name, other in listener.peers.items():
            text = text.replace("{%s}" % name, other.url)
        text = text.replace("{self}", listener.url)
        return text.replace("{target}", self.request.target) if self.request else text

    def answer(self):
        """The registry's. A registry that only breaks off is an exception."""
        answer = self.server.registry.serve(self.request)
        if answer is None:
            self.connection.end()
            raise Broken("the registry hangs up")
        if self.request.has_unread_body:
            answer.is_last = self.request.awaits_continue or answer.is_last
            if not self.request.awaits_continue:
                self.request.body()
        return answer

    def send(self, answer):
        self.server.log(self.request, answer.status)
        self.connection.send(answer.text(self.request.method))
        if answer.is_last:
            self.connection.end()
        return not answer.is_last


class Listener:
    """`peers` are all listeners by name. `url` has the host that was asked for."""

    def __init__(self, name, url, peers):
        self.name = name
        self.peers = peers
        scheme, _, place = url.rpartition("://")
        self.is_tls = scheme == "https"
        self.host, _, port = place.rpartition(":")
        self.socket = None
        self.open(int(port))
        self.port = self.socket.getsockname()[1]
        self.url = "%s://%s" % ("https" if self.is_tls else "http", self.place)

    @property
    def place(self):
        return self.host if self.port == (443 if self.is_tls else 80) else \
            "%s:%d" % (self.host, self.port)

    def open(self, port):
        host = self.host.strip("[]")
        info = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        # IPv4 where there is both: the client may try either, the other is refused at once.
        family, _, _, _, address = sorted(info, key=lambda item: item[0] != socket.AF_INET)[0]
        opened = socket.socket(family, socket.SOCK_STREAM)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.listen(128)
        self.socket = opened

    def close_for(self, seconds):
        """The accepting thread waits for the socket to come back."""
        old, self.socket = self.socket, None
        old.shutdown(socket.SHUT_RDWR)
        old.close()

        def reopen():
            time.sleep(seconds)
            self.open(self.port)
        threading.Thread(target=reopen, daemon=True).start()


class Server:
    def __init__(self, options, script, ledger, registry):
        self.options = options
        self.script = script
        self.ledger = ledger
        self.registry = registry
        self.requests = []
        self.listeners = {}
        self.failure = None  # a defect of the peer
        self.tls = None
        if options.tls:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(*options.tls)
            if options.client_ca:
                self.tls.load_verify_locations(options.client_ca)
                self.tls.verify_mode = ssl.CERT_REQUIRED
        for name, url in options.listen:
            self.listeners[name] = Listener(name, url, self.listeners)

    def log(self, request, said):
        if request.connection.listener.name == CONTROL:
            return
        line = "%s %s %s" % (request.connection.listener.name, request.line, said)
        self.requests.append(line)
        if self.options.log:
            with open(self.options.log, "a", encoding="latin-1") as file:
                file.write(line + "\n")

    def clear_log(self):
        self.requests.clear()
        if self.options.log:
            open(self.options.log, "w", encoding="ascii").close()

    def start(self):
        for listener in self.listeners.values():
            threading.Thread(target=self.accept, args=(listener,), daemon=True).start()

    def accept(self, listener):
        while True:
            try:
                accepted = listener.socket.accept()[0]
            except (OSError, AttributeError):
                time.sleep(0.005)
                continue
            threading.Thread(target=self.converse, args=(accepted, listener),
                             daemon=True).start()

    def converse(self, accepted, listener):
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = Connection(accepted, listener, self.ledger.saw_body)
        try:
            if self.greet(connection):
                while self.serve_one(connection):
                    pass
        except Broken:
            pass
        except (ssl.SSLError, OSError):
            pass
        finally:
            connection.close()

    def greet(self, connection):
        """What comes before the first request; whether there is one."""
        listener = connection.listener
        row = self.script.take(listener.name, "CONNECT", listener.name)
        if row and row.verb.__name__ == "stall":
            time.sleep(int(row.arguments[0]) / 1000 if row.arguments else FOREVER)
        elif row:
            row.verb(Exchange(self, connection, None), row.arguments)
            return False
        if listener.is_tls:
            connection.sock = self.tls.wrap_socket(connection.sock, server_side=True)
        return True

    def serve_one(self, connection):
        request = connection.read_request()
        self.ledger.saw_head(request)
        exchange = Exchange(self, connection, request)
        row = None
        if connection.listener.name != CONTROL:
            row = self.script.take(connection.listener.name, request.method, request.target)
        if row:
            self.log(request, "<" + row.text + ">")
        try:
            if row:
                goes_on = row.verb(exchange, row.arguments)
            else:
                goes_on = exchange.send(exchange.answer())
        except (Broken, OSError):
            raise
        except Exception as error:  # a defect of the peer must not look like a fault
            print("peer: %s: %r" % (request.line, error), file=sys.stderr, flush=True)
            self.failure = error
            exchange.send(Answer(500, body=repr(error).encode()))
            return False
        is_last = (request.headers.get("Connection") or "").lower() == "close"
        return goes_on and not is_last
