# SPDX-License-Identifier: MIT
"""Registries that differ from the specification, each in what clients met."""
import threading

from .registry import json_answer, Registry
from .store import Refused
from .wire import Answer, Headers

IMAGE_CONFIGS = ("application/vnd.oci.image.config.v1+json",
                 "application/vnd.docker.container.image.v1+json")


def check_config_type(manifest, status, message):
    if manifest.config_type and manifest.config_type not in IMAGE_CONFIGS:
        raise Refused(status, "MANIFEST_INVALID", message % manifest.config_type)


class DockerRegistry(Registry):
    """docker-registry 2.8: no referrers, tags neither sorted, paged nor deleted, OCI types asked
    for, nothing resumed: an older Location is 404, a single POST only opens a session, as does
    a mount from nowhere."""

    needs_accept = True
    has_referrers = False

    def uploads_post(self, request, name):
        request.query.pop("digest", None)
        return super().uploads_post(request, name)

    def mount(self, request, name, digest):
        return bool(request.first("from")) and super().mount(request, name, digest)

    @staticmethod
    def check_state(request, upload):
        if request.first("_state") != "%d/a=" % len(upload.data):
            raise Refused(404, "BLOB_UPLOAD_INVALID", "blob upload invalid")

    def append(self, request, upload, name, number):
        self.check_state(request, upload)
        upload.data += request.body()

    def keep_part(self, request, name, number):
        """The part is on its disk, but no Location says so."""
        self.store.upload(name, number).data += b"?"

    def upload_get(self, request, name, number):
        self.check_state(request, self.store.upload(name, number))
        return super().upload_get(request, name, number)

    def tags_get(self, request, name):
        tags = sorted(self.store.repository(name).tags, reverse=True)
        return json_answer(200, {"name": name, "tags": tags})

    def manifest_delete(self, request, name, reference):
        if ":" not in reference:
            raise Refused(400, "DIGEST_INVALID", "provided digest did not match")
        return super().manifest_delete(request, name, reference)

    def referrers_get(self, request, name, digest):
        return Answer(404, [("Content-Type", "text/plain")], b"404 page not found\n")


class Ecr(Registry):
    """No repository without being asked for: the connection just ends. PATCH answers 201, its
    Range stands still, and small ones are not wanted, which the PUT says."""

    patch_status = 201
    opens_missing = False
    tag_limit = 1000

    def missing_repository(self, name):
        return None

    def progress(self, request, name, number):
        headers = Headers(super().progress(request, name, number))
        if parts := self.store.upload(name, number).parts:
            headers.set("Range", "0-%d" % max(parts[0] - 1, 0))
        return headers

    def upload_put(self, request, name, number):
        parts = self.store.upload(name, number).parts
        if any(size < 5 << 20 for size in (parts if request.body() else parts[:-1])):
            raise Refused(400, "BLOB_UPLOAD_INVALID",
                          "All layer parts except the last part should be at least 5MB")
        return super().upload_put(request, name, number)

    def tags_get(self, request, name):
        number = request.first("n") or "0"
        if number.isdigit() and int(number) > self.tag_limit:
            raise Refused(405, "UNSUPPORTED", "Invalid parameter at 'maxResults': "
                          "'Member must have value less than or equal to 1000'")
        return super().tags_get(request, name)


class Ghcr(Registry):
    """Referrers go elsewhere, to 429; storage has no HEAD, and %2F in its path."""

    redirects = ("GET", "HEAD")

    def referrers_get(self, request, name, digest):
        url = request.connection.listener.url
        return Answer(303, [("Location", url + "/-/v2/packages/%s" % digest[:15])])

    def storage_target(self, name, digest):
        return super().storage_target(name, digest).replace("/storage/", "/storage/blobs%2F", 1)

    def storage(self, request):
        if request.method == "HEAD":
            return Answer(403)
        return super().storage(request)

    def serve(self, request):
        if request.path.startswith("/-/"):
            return Answer(429, [("Retry-After", "60")], b"rate limited")
        return super().serve(request)


class Gitlab(Registry):
    """Unknown config and artifact types are refused; tokens live for five minutes."""

    def check_manifest(self, name, reference, manifest):
        check_config_type(manifest, 400, "unknown media type: %s")
        if manifest.document.get("artifactType"):
            raise Refused(400, "MANIFEST_INVALID", "unknown media type: %s" %
                          manifest.document["artifactType"])
        super().check_manifest(name, reference, manifest)


class Harbor(Registry):
    """A mount from a project that is not there is denied instead of ignored."""

    def mount(self, request, name, digest):
        source = request.first("from")
        if source and source not in self.store.repositories:
            raise Refused(401, "UNAUTHORIZED", "unauthorized to access repository: %s" % source)
        return super().mount(request, name, digest)


class Quay(Registry):
    """Config types from a list."""

    def check_manifest(self, name, reference, manifest):
        check_config_type(manifest, 415, "manifest invalid: unsupported config type %s")
        super().check_manifest(name, reference, manifest)


class Hub(Registry):
    """Counts GETs of manifests as pulls, and not HEADs; deletes nothing."""

    may_delete = False

    def __init__(self, options, store, guard):
        super().__init__(options, store, guard)
        self.pulls = 0
        self.count_lock = threading.Lock()

    def manifest_get(self, request, name, reference):
        limit = self.options.pulls
        with self.count_lock:
            if request.method == "GET":
                self.pulls += 1
            left = limit - self.pulls
        window = ";w=21600"
        headers = [("ratelimit-limit", "%d%s" % (limit, window)),
                   ("ratelimit-remaining", "%d%s" % (max(left, 0), window))]
        if left < 0 and request.method == "GET":
            raise Refused(429, "TOOMANYREQUESTS", "You have reached your pull rate limit.",
                          headers)
        answer = super().manifest_get(request, name, reference)
        answer.headers += headers
        return answer


# Its class, and what the options are unless they were given.
PERSONALITIES = {
    "oci": (Registry, {}),
    "docker": (DockerRegistry, {}),
    "ecr": (Ecr, {}),
    "ghcr": (Ghcr, {"service": "ghcr.io", "token_path": "/token"}),
    "gitlab": (Gitlab, {"service": "container_registry", "token_path": "/jwt/auth",
                        "expires_in": 300}),
    "harbor": (Harbor, {"service": "harbor-registry", "token_path": "/service/token",
                        "expires_in": 1800}),
    "quay": (Quay, {"token_path": "/v2/auth"}),
    "hub": (Hub, {"service": "registry.docker.io", "token_path": "/token", "expires_in": 300}),
}
