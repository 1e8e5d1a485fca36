# SPDX-License-Identifier: MIT
"""The registry's HTTP interface (distribution-spec 1.1, "Endpoints").

A personality is a subclass that differs where the registry it plays does.
"""
import json
import re
import urllib.parse

from .store import DIGEST, Manifest, OCI_INDEX, Refused
from .wire import Answer, Broken

ROUTES = [
    (re.compile(r"/v2/(.+)/blobs/uploads/?"), "uploads"),
    (re.compile(r"/v2/(.+)/blobs/uploads/([^/]+)"), "upload"),
    (re.compile(r"/v2/(.+)/blobs/([^/]+)"), "blob"),
    (re.compile(r"/v2/(.+)/manifests/([^/]+)"), "manifest"),
    (re.compile(r"/v2/(.+)/tags/list"), "tags"),
    (re.compile(r"/v2/(.+)/referrers/([^/]+)"), "referrers"),
]
READS = ("GET", "HEAD")


def json_answer(status, document, headers=(), media_type="application/json"):
    return Answer(status, [("Content-Type", media_type), *headers],
                  json.dumps(document).encode())


class Registry:
    """Conforms. `store` and `guard` are shared by all listeners."""

    may_delete = True
    needs_accept = False
    opens_missing = True  # repositories come with the first push
    patch_status = 202
    redirects = ("GET",)  # the methods that are sent to "storage"
    tag_limit = None

    def __init__(self, options, store, guard):
        self.options = options
        self.store = store
        self.guard = guard
        for name in options.repository:
            store.repository(name, True)

    def serve(self, request):
        """The answer, None to break the connection off."""
        if request.path == self.options.token_path:
            return self.guard.serve(request)
        try:
            if request.path.startswith("/storage/"):
                return self.storage(request)
            return self.route(request)
        except Refused as why:
            errors = [{"code": why.code, "message": message} for message in why.messages]
            return json_answer(why.status, {"errors": errors}, why.headers)

    def route(self, request):
        if request.path == "/v2/":
            return self.guard.check(request, None, "pull") or json_answer(200, {})
        for pattern, kind in ROUTES:
            if found := pattern.fullmatch(request.path):
                break
        else:
            return Answer(404, body=b"404 page not found\n")
        method = "get" if request.method in READS else request.method.lower()
        action = getattr(self, "%s_%s" % (kind, method), None)
        right = {"get": "pull", "delete": "delete"}.get(method, "push")
        if kind.startswith("upload"):
            right = "push"
        if refusal := self.guard.check(request, found[1], right):
            return refusal
        if not action:
            raise Refused(405, "UNSUPPORTED", "%s is not supported here" % request.method)
        try:
            if request.method not in READS:
                request.body()
        except Broken:
            if kind == "upload":
                self.keep_part(request, *found.groups())
            raise
        with self.store.lock:
            return action(request, *found.groups())

    # Blobs

    def blob_get(self, request, name, digest):
        data = self.store.blob(name, digest)
        storage = request.connection.listener.peers.get("storage")
        if storage and request.method in self.redirects:
            return Answer(307, [("Location", storage.url + self.storage_target(name, digest))])
        return self.blob_answer(request, digest, data)

    def storage_target(self, name, digest):
        """What must come back as it is."""
        return "/storage/%s?signature=1%%2F2&name=%s" % (
            urllib.parse.quote(digest, safe=""), urllib.parse.quote(name, safe=""))

    def blob_answer(self, request, digest, data):
        headers = [("Content-Type", "application/octet-stream"),
                   ("Docker-Content-Digest", digest), ("Accept-Ranges", "bytes")]
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("Range") or "")
        if not wanted:
            return Answer(200, headers, data)
        start, end = int(wanted[1]), int(wanted[2] or len(data) - 1)
        if start >= len(data) or end < start:
            raise Refused(416, "SIZE_INVALID", "no such range")
        part = data[start:end + 1]
        headers.append(("Content-Range", "bytes %d-%d/%d" % (start, start + len(part) - 1,
                                                            len(data))))
        return Answer(206, headers, part)

    def storage(self, request):
        """Like object storage: an Authorization beside a signed URL is one too many."""
        digest = request.path.rpartition("/")[2]
        if request.headers.get("Authorization"):
            return Answer(400, body=b"<Error><Code>InvalidArgument</Code></Error>")
        with self.store.lock:
            data = self.store.blobs.get(digest)
        if request.method not in READS or data is None or \
                request.target != self.storage_target(request.first("name") or "", digest):
            return Answer(403, body=b"<Error><Code>AccessDenied</Code></Error>")
        return self.blob_answer(request, digest, data)

    def blob_delete(self, request, name, digest):
        self.check_delete()
        self.store.delete_blob(name, digest)
        return Answer(202)

    def check_delete(self):
        if not self.may_delete:
            raise Refused(405, "UNSUPPORTED", "The operation is unsupported.")

    # Uploads

    def location(self, request, name, number):
        """What the query says must come back as it is."""
        upload = self.store.upload(name, number)
        path = "/v2/%s/blobs/uploads/%s?_state=%d%%2Fa%%3D" % (name, number, len(upload.data))
        if self.options.relative_location:
            return path
        return request.connection.listener.url + path

    def created_blob(self, name, digest):
        return Answer(201, [("Location", "/v2/%s/blobs/%s" % (name, digest)),
                            ("Docker-Content-Digest", digest)])

    def uploads_post(self, request, name):
        if not self.opens_missing and name not in self.store.repositories:
            return self.missing_repository(name)
        digest, mount = request.first("digest"), request.first("mount")
        if mount and self.mount(request, name, mount):
            return self.created_blob(name, mount)
        if digest:
            self.store.put_blob(name, request.body(), digest)
            return self.created_blob(name, digest)
        number = self.store.open_upload(name)
        headers = [("Location", self.location(request, name, number)), ("Range", "0-0"),
                   ("Docker-Upload-UUID", number)]
        return Answer(202, headers)

    def missing_repository(self, name):
        raise Refused(404, "NAME_UNKNOWN", "no repository %s" % name)

    def mount(self, request, name, digest):
        source = request.first("from")
        return self.guard.mount_allowed(request, source) and \
            self.store.mount(name, digest, source)

    def append(self, request, upload, name, number):
        """The body at the end of what is there: in order, and to the newest Location."""
        said = re.fullmatch(r"(\d+)-(\d+)", request.headers.get("Content-Range") or "")
        state = request.first("_state")
        have = len(upload.data)
        in_order = not said or (int(said[1]) == have and
                                int(said[2]) + 1 - int(said[1]) == len(request.body()))
        if not in_order or state != "%d/a=" % have:
            raise Refused(416, "BLOB_UPLOAD_INVALID", "the upload has %d bytes" % have,
                          self.progress(request, name, number))
        upload.data += request.body()

    def keep_part(self, request, name, number):
        """A body that broke off: who begins again has an older Location."""
        with self.store.lock:
            self.store.upload(name, number).data += request.came

    def progress(self, request, name, number):
        have = len(self.store.upload(name, number).data)
        return [("Location", self.location(request, name, number)),
                ("Range", "0-%d" % max(have - 1, 0)), ("Docker-Upload-UUID", number)]

    def upload_patch(self, request, name, number):
        upload = self.store.upload(name, number)
        self.append(request, upload, name, number)
        upload.parts.append(len(request.body()))
        return Answer(self.patch_status, self.progress(request, name, number))

    def upload_put(self, request, name, number):
        digest = request.first("digest")
        upload = self.store.upload(name, number)
        if not DIGEST.fullmatch(digest or ""):
            raise Refused(400, "DIGEST_INVALID", "no digest: %s" % digest)
        if request.body() or request.headers.get("Content-Range"):
            self.append(request, upload, name, number)
        self.store.put_blob(name, bytes(upload.data), digest)
        del self.store.repository(name).uploads[number]
        return self.created_blob(name, digest)

    def upload_get(self, request, name, number):
        return Answer(204, self.progress(request, name, number))

    def upload_delete(self, request, name, number):
        self.store.upload(name, number)
        del self.store.repository(name).uploads[number]
        return Answer(204)

    # Manifests

    def manifest_get(self, request, name, reference):
        digest, manifest = self.store.manifest(name, reference)
        accepted = ",".join(request.headers.all("Accept"))
        if self.needs_accept and manifest.media_type.startswith("application/vnd.oci") and \
                manifest.media_type not in accepted:
            raise Refused(404, "MANIFEST_UNKNOWN",
                          "OCI manifest found, but accept header does not support OCI manifests")
        return Answer(200, [("Content-Type", manifest.media_type),
                            ("Docker-Content-Digest", digest)], manifest.data)

    def manifest_put(self, request, name, reference):
        if not self.opens_missing and name not in self.store.repositories:
            return self.missing_repository(name)
        media_type = (request.headers.get("Content-Type") or "").split(";")[0].strip()
        manifest = Manifest(media_type, request.body())
        self.check_manifest(name, reference, manifest)
        digest = self.store.put_manifest(name, reference, manifest)
        headers = [("Location", "/v2/%s/manifests/%s" % (name, digest)),
                   ("Docker-Content-Digest", digest)]
        if manifest.subject and self.has_referrers:
            headers.append(("OCI-Subject", manifest.subject))
        return Answer(201, headers)

    def check_manifest(self, name, reference, manifest):
        if not self.options.immutable_tags or ":" in reference:
            return
        held = self.store.repository(name, True).tags.get(reference)
        if held and self.store.repository(name).manifests[held].data != manifest.data:
            raise Refused(400, "TAG_INVALID", "The image tag '%s' already exists in the "
                          "repository and cannot be overwritten because the repository is "
                          "immutable." % reference)

    def manifest_delete(self, request, name, reference):
        self.check_delete()
        self.store.delete_manifest(name, reference)
        return Answer(202)

    # Lists

    def tags_get(self, request, name):
        tags = sorted(self.store.repository(name).tags)
        last, number = request.first("last"), request.first("n")
        if last:
            tags = [tag for tag in tags if tag > last]
        if number is not None and not number.isdigit():
            raise Refused(400, "PAGINATION_NUMBER_INVALID", "n is no number")
        size = len(tags) if number is None else int(number)
        if self.tag_limit:
            size = min(size, self.tag_limit)
        headers = []
        if 0 < size < len(tags):
            target = "/v2/%s/tags/list?n=%d&last=%s" % (name, size, tags[size - 1])
            headers.append(("Link", '<%s>; rel="next"' % target))
        return json_answer(200, {"name": name, "tags": tags[:size]}, headers)

    has_referrers = True

    def referrers_get(self, request, name, digest):
        if not DIGEST.fullmatch(digest):
            raise Refused(400, "DIGEST_INVALID", "no digest: %s" % digest)
        found = self.store.referrers(name, digest)
        wanted, headers = request.first("artifactType"), []
        if wanted:
            found = [item for item in found if item.get("artifactType") == wanted]
            headers.append(("OCI-Filters-Applied", "artifactType"))
        index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": found}
        return json_answer(200, index, headers, OCI_INDEX)
