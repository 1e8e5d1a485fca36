# SPDX-License-Identifier: MIT
"""What the registry holds, in memory, and the rules for changing it
(distribution-spec 1.1). Whoever calls holds `Store.lock`."""
import hashlib
import json
import re
import threading
import uuid

NAME = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")
DIGEST = re.compile(r"sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128}")

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
MANIFEST_MAX = 4 << 20


class Refused(Exception):
    """An error answer of the specification: status, code, message; more of them by `also`."""

    def __init__(self, status, code, message, headers=(), also=()):
        super().__init__(message)
        self.status = status
        self.code = code
        self.messages = [message, *also]
        self.headers = headers


def digest_of(data, algorithm="sha256"):
    return "%s:%s" % (algorithm, hashlib.new(algorithm, data).hexdigest())


def check_digest(data, digest):
    if not DIGEST.fullmatch(digest or ""):
        raise Refused(400, "DIGEST_INVALID", "no digest: %s" % digest)
    if digest_of(data, digest.partition(":")[0]) != digest:
        raise Refused(400, "DIGEST_INVALID", "the content is not %s" % digest)


class Manifest:
    def __init__(self, media_type, data):
        self.media_type = media_type
        self.data = data
        try:
            self.document = json.loads(data)
        except ValueError as error:
            raise Refused(400, "MANIFEST_INVALID", "no JSON") from error
        if not isinstance(self.document, dict):
            raise Refused(400, "MANIFEST_INVALID", "no object")
        if self.document.get("mediaType", media_type) != media_type:
            raise Refused(400, "MANIFEST_INVALID", "mediaType is not Content-Type")

    @property
    def config_type(self):
        return (self.document.get("config") or {}).get("mediaType")

    @property
    def artifact_type(self):
        return self.document.get("artifactType") or self.config_type

    @property
    def subject(self):
        return (self.document.get("subject") or {}).get("digest")

    def blobs(self):
        """What must be there before it; layers with URLs may be elsewhere."""
        document = self.document
        wanted = [document["config"]] if "config" in document else []
        wanted += [layer for layer in document.get("layers") or [] if not layer.get("urls")]
        return [item["digest"] for item in wanted]

    def children(self):
        return [item["digest"] for item in self.document.get("manifests") or []]


class Upload:
    def __init__(self):
        self.data = bytearray()
        self.parts = []  # the size of each PATCH


class Repository:
    def __init__(self):
        self.blobs = set()
        self.manifests = {}
        self.tags = {}
        self.uploads = {}


class Store:
    def __init__(self):
        self.lock = threading.RLock()
        self.blobs = {}
        self.repositories = {}

    def erase(self):
        with self.lock:
            self.blobs.clear()
            self.repositories.clear()

    def copy(self, source, names):
        with self.lock:
            like = self.repositories.get(source, Repository())
            for name in names:
                repository = self.repository(name, True)
                repository.blobs |= like.blobs
                repository.manifests.update(like.manifests)
                repository.tags.update(like.tags)

    def repository(self, name, may_create=False):
        if not NAME.fullmatch(name) or len(name) > 255:
            raise Refused(400, "NAME_INVALID", "no repository's name: %s" % name)
        if name not in self.repositories:
            if not may_create:
                raise Refused(404, "NAME_UNKNOWN", "no repository %s" % name)
            self.repositories[name] = Repository()
        return self.repositories[name]

    def blob(self, name, digest):
        if not DIGEST.fullmatch(digest):
            raise Refused(400, "DIGEST_INVALID", "no digest: %s" % digest)
        if digest not in self.repository(name).blobs:
            raise Refused(404, "BLOB_UNKNOWN", "no blob %s" % digest)
        return self.blobs[digest]

    def has_blob(self, name, digest):
        return name in self.repositories and digest in self.repositories[name].blobs

    def put_blob(self, name, data, digest):
        check_digest(data, digest)
        self.blobs[digest] = bytes(data)
        self.repository(name, True).blobs.add(digest)

    def mount(self, name, digest, source):
        """Whether it could; without a source any repository will do."""
        if source is not None and not self.has_blob(source, digest):
            return False
        if digest not in self.blobs:
            return False
        self.repository(name, True).blobs.add(digest)
        return True

    def open_upload(self, name):
        number = str(uuid.uuid4())
        self.repository(name, True).uploads[number] = Upload()
        return number

    def upload(self, name, number):
        uploads = self.repository(name).uploads
        if number not in uploads:
            raise Refused(404, "BLOB_UPLOAD_UNKNOWN", "no upload %s" % number)
        return uploads[number]

    def manifest(self, name, reference):
        """Its digest and itself."""
        repository = self.repository(name)
        digest = repository.tags.get(reference, reference)
        if digest not in repository.manifests:
            raise Refused(404, "MANIFEST_UNKNOWN", "no manifest %s" % reference)
        return digest, repository.manifests[digest]

    def put_manifest(self, name, reference, manifest):
        """Its digest."""
        repository = self.repository(name, True)
        if len(manifest.data) > MANIFEST_MAX:
            raise Refused(413, "SIZE_INVALID", "the manifest is too large")
        try:
            blobs, children = manifest.blobs(), manifest.children()
        except (KeyError, TypeError, AttributeError) as error:
            raise Refused(400, "MANIFEST_INVALID", "a descriptor without digest") from error
        missing = ["no blob %s" % digest for digest in blobs if digest not in repository.blobs]
        missing += ["no manifest %s" % digest for digest in children
                    if digest not in repository.manifests]
        if missing:
            raise Refused(400, "MANIFEST_BLOB_UNKNOWN", missing[0], also=missing[1:])
        if ":" in reference:
            check_digest(manifest.data, reference)
            digest = reference
        elif TAG.fullmatch(reference):
            digest = digest_of(manifest.data)
            repository.tags[reference] = digest
        else:
            raise Refused(400, "MANIFEST_INVALID", "neither tag nor digest: %s" % reference)
        repository.manifests[digest] = manifest
        return digest

    def delete_manifest(self, name, reference):
        repository = self.repository(name)
        self.manifest(name, reference)
        if reference in repository.tags:
            del repository.tags[reference]
            return
        del repository.manifests[reference]
        for tag in [tag for tag, digest in repository.tags.items() if digest == reference]:
            del repository.tags[tag]

    def delete_blob(self, name, digest):
        self.blob(name, digest)
        self.repository(name).blobs.remove(digest)

    def referrers(self, name, subject):
        found = []
        for digest, manifest in self.repositories.get(name, Repository()).manifests.items():
            if manifest.subject == subject:
                item = {"mediaType": manifest.media_type, "digest": digest,
                        "size": len(manifest.data)}
                if manifest.artifact_type:
                    item["artifactType"] = manifest.artifact_type
                if manifest.document.get("annotations"):
                    item["annotations"] = manifest.document["annotations"]
                found.append(item)
        return found
