"""What is known about one stored file, and its forms: a line of the index, a meta of the Object Store, a `FileInfo`."""

from __future__ import annotations

import hashlib
import json
import math
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from jupyter_sandfs.errors import StoreError
from jupyter_sandfs.filestore import content_types
from jupyter_sandfs.filestore.nats.chunks import Hints
from jupyter_sandfs.filestore.nats.subjects import Subjects
from jupyter_sandfs.filestore.nats.wire import Message
from jupyter_sandfs.filestore.protocol import FileInfo
from jupyter_sandfs.filestore.terms import CHECKSUM_PREFIX

# Message headers of metas that we write. A client that rewrites a meta does not carry them over: so a meta without
# them is someone else's.
RECORD, CLAIM, MARKS, COPY = "Sandfs-Record", "Sandfs-Claim", "Sandfs-Marks", "Sandfs-Copy"
_DIGEST_PREFIX = "SHA-256="
_TYPE_HEADER = "Content-Type"
# Tombstones are only news for those who watch the bucket.
_TOMBSTONE_SECONDS = 3600


class Record(NamedTuple):
    """A stored file. Times are seconds since 1970; `seq` is that of its meta, 0 before it is published."""

    version: int
    nuid: str
    size: int
    sha256: str
    content_type: str
    metadata: dict[str, str]
    created: float
    expires: float | None
    chunks: int
    seq: int = 0

    def is_live(self, now: float) -> bool:
        return self.expires is None or self.expires > now

    def info(self, key: str) -> FileInfo:
        return FileInfo(
            key=key,
            size_bytes=self.size,
            content_type=self.content_type,
            checksum=CHECKSUM_PREFIX + self.sha256,
            created_at=datetime.fromtimestamp(self.created, UTC),
            expires_at=None if self.expires is None else datetime.fromtimestamp(self.expires, UTC),
            metadata=self.metadata,
            version=self.version,
            etag=f"sha256-{self.sha256}",
        )


def encode(record: Record) -> str:
    """One line of ASCII."""
    return json.dumps(record, separators=(",", ":"))


def decode(line: str) -> Record:
    """Read a line. Raises StoreError for anything else."""
    try:
        record = Record(*json.loads(line))
        _nuid(record.nuid)
    except (ValueError, TypeError) as error:
        raise StoreError("the index of the store is damaged") from error
    return record


# ---------------------------------------------------------------- metas that we write


class Meta(NamedTuple):
    """A meta as it is published."""

    payload: bytes
    headers: dict[str, str]
    ttl: int


def meta_of(key: str, record: Record, claim: str, *, bucket: str, chunk_bytes: int, hints: Hints) -> Meta:
    """The meta of a file, with all that stock clients show."""
    payload = _described(key, record.nuid, bucket, record.created) | {
        "size": record.size,
        "chunks": record.chunks,
        "digest": _DIGEST_PREFIX + urlsafe_b64encode(bytes.fromhex(record.sha256)).decode(),
        "headers": {_TYPE_HEADER: [record.content_type]},
        "metadata": record.metadata,
        "options": {"max_chunk_size": chunk_bytes},
    }
    said = {MARKS: hints.marks, COPY: hints.copy}
    headers = {RECORD: encode(record), CLAIM: claim} | {name: hint for name, hint in said.items() if hint}
    ttl = 0 if record.expires is None else max(1, math.ceil(record.expires - record.created))
    return Meta(json.dumps(payload).encode(), headers, ttl)


def tombstone_of(key: str, nuid: str, claim: str, *, bucket: str, now: float) -> Meta:
    """What says that a file was deleted."""
    payload = _described(key, nuid, bucket, now) | {"size": 0, "chunks": 0, "digest": "", "deleted": True}
    return Meta(json.dumps(payload).encode(), {CLAIM: claim}, _TOMBSTONE_SECONDS)


def _described(key: str, nuid: str, bucket: str, now: float) -> dict[str, Any]:
    moment = datetime.fromtimestamp(now, UTC).isoformat().replace("+00:00", "Z")
    return {"name": key, "bucket": bucket, "nuid": nuid, "mtime": moment}


# ---------------------------------------------------------------- metas that we read


def is_ours(meta: Message) -> bool:
    """Tell whether we published a meta; then the books know of it, or a claim in them does."""
    return CLAIM in meta.headers


def record_of(meta: Message) -> Record | None:
    """The file that a meta of ours tells of; None for a tombstone."""
    try:
        return decode(meta.headers[RECORD])._replace(seq=meta.seq)
    except (KeyError, StoreError):  # whoever forges our header only hides a file
        return None


def hints_of(meta: Message) -> Hints:
    """What a meta says for those who read the body."""
    return Hints(meta.headers.get(MARKS, ""), meta.headers.get(COPY, ""))


def foreign_record(meta: Message, subjects: Subjects, *, version: int, now: float) -> Record | None:
    """The file that another client's meta tells of; None for a tombstone, a link, and what has no SHA-256."""
    try:
        said: dict[str, Any] = json.loads(meta.data)
        options: Mapping[str, Any] = said.get("options") or {}
        if said.get("deleted") or options.get("link") or said.get("bucket") != subjects.bucket:
            return None
        return Record(
            version=version,
            nuid=_nuid(said["nuid"]),
            size=_number(said.get("size")),
            sha256=_sha256(said["digest"]),
            content_type=_content_type(str(said["name"]), said.get("headers") or {}),
            metadata=_metadata(said.get("metadata") or {}),
            created=_moment(meta, now),
            expires=None,
            chunks=_number(said.get("chunks")),
            seq=meta.seq,
        )
    except (ValueError, TypeError, KeyError, AttributeError):  # it comes from outside, and may be anything
        return None


def named_body(meta: Message) -> str:
    """What any meta says its chunks are called; empty when it does not say."""
    try:
        return str(json.loads(meta.data)["nuid"])
    except (ValueError, TypeError, KeyError):
        return ""


def _nuid(value: object) -> str:
    # It becomes part of subjects, also of those that are purged.
    if not isinstance(value, str) or not value.isalnum() or len(value) > 64:
        raise ValueError(value)
    return value


def _number(value: object) -> int:
    # Go leaves zeros out.
    if value is not None and (not isinstance(value, int) or not 0 <= value < 1 << 62):
        raise ValueError(value)
    return value or 0


def _sha256(digest: str) -> str:
    sha256 = urlsafe_b64decode(digest.removeprefix(_DIGEST_PREFIX))
    if not digest.startswith(_DIGEST_PREFIX) or len(sha256) != hashlib.sha256().digest_size:
        raise ValueError(digest)
    return sha256.hex()


def _content_type(name: str, headers: Mapping[str, Any]) -> str:
    for header, value in headers.items():
        if header.lower() == _TYPE_HEADER.lower():
            try:
                return content_types.check(value if isinstance(value, str) else value[0])
            except (ValueError, IndexError):
                break
    return content_types.guess(name)


def _metadata(said: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): str(value) for name, value in said.items()}


def _moment(meta: Message, now: float) -> float:
    try:
        # Nanoseconds are more than datetime takes.
        return datetime.fromisoformat(meta.headers["Nats-Time-Stamp"][:19] + "+00:00").timestamp()
    except (KeyError, ValueError):
        return now
