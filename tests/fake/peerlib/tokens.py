# SPDX-License-Identifier: MIT
"""Who may do what: none, Basic, or Bearer with its token server.

Tokens live for a number of requests, so that a test sees them expire without
a clock; `expires_in` says what --expires-in says. A refresh token ("identity
token") is given for access_type=offline or offline_token=true.
"""
import base64
import binascii
import json
import secrets
import threading
import urllib.parse

from .wire import Answer, CONTROL


class Token:
    def __init__(self, account, grants, life):
        self.account = account
        self.grants = grants  # repository: set of actions
        self.left = life  # requests; None: no end


def parse_scopes(texts):
    grants = {}
    for scope in " ".join(texts).split():
        kind, _, rest = scope.partition(":")
        name, _, actions = rest.rpartition(":")
        if kind == "repository":
            grants.setdefault(name, set()).update(actions.split(","))
    return grants


class Guard:
    """`mode`: none, basic, bearer. `accounts`: user: password."""

    def __init__(self, options, ledger):
        self.options = options
        self.accounts = dict(account.split(":", 1) for account in options.user)
        self.mode = options.auth or ("basic" if self.accounts else "none")
        self.refresh = {token: "identity" for token in options.identity}
        self.tokens = {}
        self.ledger = ledger
        self.lock = threading.Lock()
        for secret in [*self.accounts.values(), *options.identity, *options.secret]:
            ledger.learn(secret)

    def basic_account(self, request):
        """The user's name; None: anonymous; False: a wrong password."""
        scheme, _, value = (request.headers.get("Authorization") or "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            user, _, password = base64.b64decode(value).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return False
        return user if self.accounts.get(user) == password else False

    def realm(self, request):
        origin = request.connection.listener
        origin = origin.peers.get(self.options.token_server, origin)
        return origin.url + self.options.token_path

    def challenge(self, request, scope, error=None):
        if self.mode == "basic":
            value = 'Basic realm="peer"'
        else:
            value = 'Bearer realm="%s",service="%s"' % (self.realm(request), self.options.service)
            value += ',scope="%s"' % scope if scope else ""
            value += ',error="%s"' % error if error else ""
        body = {"errors": [{"code": "UNAUTHORIZED", "message": "authentication required"}]}
        return Answer(401, [("WWW-Authenticate", value), ("Content-Type", "application/json")],
                      json.dumps(body).encode())

    def check(self, request, name, action):
        """None, or the answer of a closed door. `name` None: the registry itself."""
        scope = "repository:%s:%s" % (name, "pull,push" if action == "push" else action) \
            if name else ""
        is_open = self.mode == "none" or request.connection.listener.name == CONTROL
        is_anonymous = name and action == "pull" and not request.headers.get("Authorization")
        if is_open or (is_anonymous and self.options.anonymous_pull):
            return None
        if self.mode == "basic":
            return None if self.basic_account(request) else self.challenge(request, scope)
        return self.check_token(request, name, action, scope)

    def check_token(self, request, name, action, scope):
        scheme, _, value = (request.headers.get("Authorization") or "").partition(" ")
        with self.lock:
            token = self.tokens.get(value) if scheme.lower() == "bearer" else None
            if token and token.left is not None:
                token.left -= 1
                if token.left < 0:
                    token = None
                    del self.tokens[value]
        if not token:
            error = "invalid_token" if scheme.lower() == "bearer" else None
            return self.challenge(request, scope, error)
        if name and action not in token.grants.get(name, ()):
            return self.challenge(request, scope, "insufficient_scope")
        return None

    def mount_allowed(self, request, source):
        return not source or self.mode != "bearer" or not self.check_token(
            request, source, "pull", "")

    def serve(self, request):
        """The token server's answer."""
        if request.method == "POST" and self.options.no_oauth:
            return Answer(404, body=b"404 page not found\n")
        if request.method == "POST":
            form = urllib.parse.parse_qs(request.body().decode("latin-1"))
            return self.grant_post({name: values[0] for name, values in form.items()})
        if request.method != "GET":
            return Answer(405)
        account = self.basic_account(request)
        if account is False or (account is None and not self.options.anonymous_pull):
            return self.denied()
        wants_refresh = request.first("offline_token") == "true"
        return self.grant(account, request.query.get("scope", []), wants_refresh)

    def grant_post(self, form):
        kind = form.get("grant_type")
        if kind == "refresh_token":
            account = self.refresh.get(form.get("refresh_token"))
        elif kind == "password":
            user = form.get("username")
            right = user in self.accounts and self.accounts[user] == form.get("password")
            account = user if right else None
        else:
            return Answer(400, [("Content-Type", "application/json")],
                          b'{"error":"unsupported_grant_type"}')
        if not account:
            return self.denied()
        return self.grant(account, [form.get("scope", "")], form.get("access_type") == "offline",
                          form.get("refresh_token"))

    def denied(self):
        return Answer(401, [("Content-Type", "application/json")],
                      b'{"details":"incorrect username or password"}')

    def grant(self, account, scopes, wants_refresh, refresh=None):
        grants = parse_scopes(scopes)
        if self.options.first_scope_only:
            grants = parse_scopes(" ".join(scopes).split()[:1])
        if not account:
            grants = {name: actions & {"pull"} for name, actions in grants.items()}
        text = "token-" + secrets.token_urlsafe(24)
        document = {"access_token" if self.options.access_token else "token": text}
        if self.options.expires_in is not None:
            document["expires_in"] = self.options.expires_in
        with self.lock:
            self.tokens[text] = Token(account, grants, self.options.token_life)
            if wants_refresh and account:
                refresh = "refresh-" + secrets.token_urlsafe(24)
                self.refresh[refresh] = account
                self.ledger.learn(refresh)
        self.ledger.learn(text)
        if refresh:
            document["refresh_token"] = refresh
        return Answer(200, [("Content-Type", "application/json")], json.dumps(document).encode())
