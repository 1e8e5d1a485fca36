# SPDX-License-Identifier: MIT
"""Who saw which secret: one line for each sighting in a request.

LISTENER TAB WHAT TAB VALUE TAB REQUEST-LINE, where WHAT is basic (user:password),
bearer, authorization (any other scheme), userinfo (in the request's target or
Host), form-NAME (password, refresh_token, ... of a token request), or leak: a
known secret, in whatever of its usual encodings, at a place that none of the
others covers, in a header, the target or the body. Known are the accounts'
passwords, the tokens that were given out, and what --secret names.
"""
import base64
import binascii
import re
import threading
import urllib.parse

from .wire import CONTROL

FORM = ("password", "refresh_token", "access_token", "client_secret")


class Ledger:
    def __init__(self, path):
        self.path = path
        self.lines = []
        self.secrets = {}
        self.lock = threading.Lock()

    def learn(self, secret):
        """Short ones would be found everywhere."""
        if secret and len(secret) >= 4:
            raw = secret.encode()
            forms = {raw, urllib.parse.quote(secret, safe="").encode(),
                     urllib.parse.quote_plus(secret, safe="").encode(),
                     binascii.hexlify(raw)}
            # Three alignments of base64, without the characters that neighbours share.
            for shift in range(3):
                text = base64.b64encode(b"\0" * shift + raw)
                start = (0, 2, 3)[shift]
                rest = (len(raw) + shift) % 3
                forms.add(text[start:len(text) - (0, 3, 2)[rest]].rstrip(b"="))
            with self.lock:
                self.secrets[secret] = forms

    def write(self, listener, what, value, request):
        if listener == CONTROL:
            return
        line = "\t".join(re.sub(r"[\t\r\n]", " ", part)
                         for part in (listener, what, value, request.line))
        with self.lock:
            self.lines.append(line)
            if self.path:
                with open(self.path, "a", encoding="latin-1") as file:
                    file.write(line + "\n")

    def clear(self):
        with self.lock:
            self.lines.clear()
            if self.path:
                open(self.path, "w", encoding="ascii").close()

    def saw_head(self, request):
        listener = request.connection.listener.name
        for name, value in request.headers:
            if name.lower() in ("authorization", "proxy-authorization"):
                self.write(listener, *read_authorization(value), request)
            else:
                self.search(listener, (name + ": " + value).encode("latin-1"), request)
        host = request.headers.get("Host") or ""
        for text in (host, request.target.partition("?")[0]):
            if found := re.search(r"^(?:https?://)?([^/]*)@", text):
                self.write(listener, "userinfo", found[1], request)
        self.search(listener, request.target.encode("latin-1"), request)

    def saw_body(self, request, body):
        listener = request.connection.listener.name
        kind = request.headers.get("Content-Type") or ""
        if kind.startswith("application/x-www-form-urlencoded"):
            fields = urllib.parse.parse_qs(body.decode("latin-1"))
            known = [name for name in FORM if name in fields]
            for name in known:
                self.write(listener, "form-" + name, fields[name][0], request)
            if known:
                return
        self.search(listener, body, request)

    def search(self, listener, data, request):
        with self.lock:
            found = [secret for secret, forms in self.secrets.items()
                     if any(form in data for form in forms)]
        for secret in found:
            self.write(listener, "leak", secret, request)


def read_authorization(value):
    scheme, _, rest = value.partition(" ")
    if scheme.lower() == "bearer":
        return "bearer", rest
    if scheme.lower() == "basic":
        try:
            return "basic", base64.b64decode(rest, validate=True).decode("utf-8", "replace")
        except binascii.Error:
            pass
    return "authorization", value
