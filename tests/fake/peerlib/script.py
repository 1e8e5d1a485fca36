# SPDX-License-Identifier: MIT
"""The script: rows METHOD GLOB VERB [ARGUMENT...] [+SKIP] [xTIMES].

METHOD   GET, "PUT|PATCH", "*"; CONNECT is the connection itself, before TLS
         and any request, and its GLOB is matched with the listener's name.
GLOB     of the request's path, in which "*" stands for anything; of path and
         query if it has a "?"; after "LISTENER:" for that listener only.
VERB     see verbs.py. A number is a status: "503 Retry-After:1 body=text".
+SKIP    lets so many matches pass first.
xTIMES   is how often the row serves: once if not said, "x*" from once on.

A request takes the first row that matches and is not used up. Arguments are
quoted as in a shell. Empty lines and those that begin with "#" are nothing.
"""
import re
import shlex
import threading


class BadRow(Exception):
    pass


class Row:
    def __init__(self, text, verbs):
        self.text = text
        try:
            words = shlex.split(text)
        except ValueError as error:
            raise BadRow("%s: %s" % (error, text)) from error
        self.skip, self.times, self.is_open = 0, 1, False
        while len(words) > 3 and re.fullmatch(r"\+\d+|x\d+|x\*", words[-1]):
            word = words.pop()
            if word == "x*":
                self.is_open = True
            elif word[0] == "x":
                self.times = int(word[1:])
            else:
                self.skip = int(word[1:])
        if len(words) < 3:
            raise BadRow("METHOD GLOB VERB is the least: " + text)
        self.methods = words[0].split("|")
        self.set_glob(words[1])
        if words[2].isdigit():
            words[2:3] = ["status", words[2]]
        self.arguments = words[3:]
        self.verb = verbs.get(words[2])
        if not self.verb:
            raise BadRow("no such verb: " + text)
        self.used = 0

    def set_glob(self, glob):
        found = re.match(r"([a-z0-9-]+):(.*)", glob)
        self.listener = found[1] if found else None
        glob = found[2] if found else glob
        self.has_query = "?" in glob
        self.pattern = re.compile(".*".join(re.escape(part) for part in glob.split("*")), re.S)

    def matches(self, listener, method, target):
        if "*" not in self.methods and method not in self.methods:
            return False
        # Nobody means connections by "any request".
        if method == "CONNECT" and self.methods == ["*"]:
            return False
        if self.listener not in (None, listener):
            return False
        text = target if self.has_query else target.partition("?")[0]
        return self.pattern.fullmatch(text) is not None

    @property
    def is_due(self):
        """It should have served, or more often."""
        return self.used == 0 or (not self.is_open and self.used < self.times)


class Script:
    def __init__(self, verbs):
        self.verbs = verbs
        self.rows = []
        self.lock = threading.Lock()

    def load(self, text):
        rows = [Row(line.strip(), self.verbs) for line in text.splitlines()
                if line.strip() and not line.strip().startswith("#")]
        with self.lock:
            self.rows = rows

    def take(self, listener, method, target):
        with self.lock:
            for row in self.rows:
                if not row.is_open and row.used >= row.times:
                    continue
                if not row.matches(listener, method, target):
                    continue
                if row.skip:
                    row.skip -= 1
                    continue
                row.used += 1
                return row
        return None

    def unused(self):
        with self.lock:
            return [row.text for row in self.rows if row.is_due]
