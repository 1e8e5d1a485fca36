# SPDX-License-Identifier: MIT
"""Registries that differ from the specification, each in what clients met."""
import threading

from .registry import Registry
from .store import Refused
from .wire import Answer

IMAGE_CONFIGS = ("application/vnd.oci.image.config.v1+json",
                 "application/vnd.docker.container.image.v1+json")


def check_config_type(manifest, status, message):
    if manifest.config_type and manifest.config_type not in IMAGE_CONFIGS:
        raise Refused(status, "MANIFEST_INVALID", message % manifest.config_type)


class DockerRegistry(Registry):
    """docker-registry 2.8: no referrers, tags neither paged nor deleted, OCI types asked for,
    nothing resumed: an older Location is 404, a single POST only opens a session."""

    needs_accept = True
    has_referrers = False

    def uploads_post(self, request, name):
        request.query.pop("digest", None)
        return super().uploads_post(request, name)

    def append(self, request, upload, name, number):
        if request.first("_state") != "%d/a=" % len(upload.data):
            raise Refused(404, "BLOB_UPLOAD_INVALID", "blob upload invalid")
        upload.data += request.body()

    def tags_get(self, request, name):
        request.query.clear()
        return super().tags_get(request, name)

    def manifest_delete(self, request, name, reference):
        if ":" not in reference:
            raise Refused(400, "DIGEST_INVALID", "provided digest did not match")
        return super().manifest_delete(request, name, reference)

    def referrers_get(self, request, name, digest):
        return Answer(404, [("Content-Type", "text/plain")], b"404 page not found\n")


class Ecr(Registry):
    """No repository without being asked for: the connection just ends. PATCH answers 201 and
    its Range stands still; a session is good for one PUT."""

    patch_status = 201
    opens_missing = False
    tag_limit = 1000

    def missing_repository(self, name):
        return None

    def progress(self, request, name, number):
        upload = self.store.upload(name, number)
        headers = super().progress(request, name, number)
        if upload.patches > 1:
            headers = [pair for pair in headers if pair[0] != "Range"] + [("Range", "0-0")]
        return headers

    def upload_put(self, request, name, number):
        upload = self.store.upload(name, number)
        if upload.patches < 0:
            raise Refused(416, "BLOB_UPLOAD_INVALID", "Layer part 0 was uploaded already")
        try:
            return super().upload_put(request, name, number)
        finally:
            upload.patches = -1


class Ghcr(Registry):
    """The token endpoint wants Basic; referrers go elsewhere, to 429; storage has no HEAD."""

    def referrers_get(self, request, name, digest):
        url = request.connection.listener.url
        return Answer(303, [("Location", url + "/-/v2/packages/%s" % digest[:15])])

    def blob_get(self, request, name, digest):
        storage = request.connection.listener.peers.get("storage")
        if request.method == "HEAD" and storage:
            data = self.store.blob(name, digest)
            return Answer(307, [("Location", storage.url + "/storage/%s?length=%d" % (
                digest.replace(":", "%3A"), len(data)))])
        return super().blob_get(request, name, digest)

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
