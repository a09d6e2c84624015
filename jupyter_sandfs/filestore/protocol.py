"""The interface of a file store, and the values it answers with.

A store keeps bodies of bytes by key (see `keys`), for one tenant. Few methods are primitive; the others are written on
them here, once. `aio.AsyncFileStore` offers the same names as coroutines.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import TracebackType
from typing import Protocol, Self, TypedDict, Unpack

from jupyter_sandfs.errors import ObjectNotFound

CHUNK_BYTES = 256 << 10


class Readable(Protocol):
    """Anything with a binary `read`, such as an open file."""

    def read(self, size: int, /) -> bytes: ...


Body = bytes | bytearray | memoryview | Readable | Iterable[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreLimits:
    """Bounds of one tenant's store; the first three are the seed's configuration with its defaults.

    Attributes:
        max_file_size: one file, in bytes.
        max_total_bytes: all files together, in bytes; a body that is being written counts already.
        default_ttl: seconds that a file lives when its writer gave no `ttl`; 0 keeps it until it is deleted.
        max_files: number of files.
        max_uploads: number of unfinished uploads.
        upload_ttl: seconds after which an upload that nobody goes on with is given up.
        metadata_bytes: names and values of one file's metadata together, in bytes of UTF-8.
        keep_versions: older versions kept of one key, as long as nothing else needs the room; 0 keeps none.
        content_types: what files may be: media types, or beginnings of some with a star, as `image/*`; empty for all.
        run_ttl: seconds that what a run put out (`runs/…`) lives when its writer gave no `ttl`; 0 for `default_ttl`.
    """

    max_file_size: int = 100 << 20
    max_total_bytes: int = 10 << 30
    default_ttl: float = 0
    max_files: int = 1_000_000
    max_uploads: int = 1_000
    upload_ttl: float = 24 * 3600
    metadata_bytes: int = 8 << 10
    keep_versions: int = 5
    content_types: tuple[str, ...] = ()
    run_ttl: float = 30 * 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class FileInfo:
    """Facts about one stored file. Datetimes are aware, in UTC.

    Attributes:
        checksum: "sha256:" and 64 lower-case hexadecimal digits.
        expires_at: when the file is gone; None for never.
        version: grows with every write to the key and never comes back, not even after a deletion.
        etag: strong validator of the content (RFC 9110, 8.8.3), without quotes.
    """

    key: str
    size_bytes: int
    content_type: str
    checksum: str
    created_at: datetime
    expires_at: datetime | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    version: int
    etag: str


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a listing, in order of code points.

    Attributes:
        common_prefixes: with a delimiter, what the keys that go on behind it begin with, the delimiter included.
        next_after: pass it as `after` for the next page; None when this is the last.
    """

    items: Sequence[FileInfo] = ()
    common_prefixes: tuple[str, ...] = ()
    next_after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a tenant's files take, in bytes of content.

    Attributes:
        reserved_bytes: belongs to bodies that are being written.
        kept_bytes: older versions; they are given up when anything else needs the room.
    """

    total_bytes: int
    file_count: int
    reserved_bytes: int
    max_total_bytes: int
    kept_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What `recover` found after crashes.

    Attributes:
        unfinished: bodies whose writer is gone, removed.
        reservations: claims on space whose writer is gone, released.
        orphans: stored contents that no key refers to, removed.
        missing: contents that a key refers to and that are not there. Always 0, unless someone else deleted them.
    """

    unfinished: int = 0
    reservations: int = 0
    orphans: int = 0
    missing: int = 0


class PutOptions(TypedDict, total=False):
    """Options of every write.

    Attributes:
        content_type: media type; None guesses it from the last segment of the key.
        metadata: names and values without control characters, within `StoreLimits.metadata_bytes`.
        ttl: seconds (or a timedelta) until the file is gone; 0 means never, None the store's default.
        if_version: write only over this version; 0 means that the key must be absent.
        if_none_match: write only if the key is absent.
        expect_sha256: write only if the body has this SHA-256, in hexadecimal, with or without "sha256:".
    """

    content_type: str | None
    metadata: Mapping[str, str] | None
    ttl: float | timedelta | None
    if_version: int | None
    if_none_match: bool
    expect_sha256: str | None


class Reader(ABC):
    """An open file. What it reads stays whole and the same while others overwrite or delete the key."""

    info: FileInfo

    @abstractmethod
    def read(self, size: int = -1, /) -> bytes:
        """Give up to `size` bytes, or all that is left; empty at the end."""

    @abstractmethod
    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to a place in the part that was opened, as `io.IOBase.seek`; give the new place."""

    @abstractmethod
    def tell(self) -> int:
        """The place in the part that was opened, in bytes."""

    @abstractmethod
    def close(self) -> None:
        """Release the file; closing twice is no error."""

    def __iter__(self) -> Iterator[bytes]:
        """Give what is left, in chunks of at most `CHUNK_BYTES`."""
        return iter(lambda: self.read(CHUNK_BYTES), b"")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Upload(ABC):
    """A body that arrives in pieces, perhaps with pauses and through several processes (tus 1.0, S3 multipart).

    Attributes:
        upload_id: names the upload to `FileStore.resume_upload`; whoever knows it can go on.
        key: where the file will be.
        length: size of the whole body in bytes; None when it was not declared.
    """

    upload_id: str
    key: str
    length: int | None

    @property
    @abstractmethod
    def offset(self) -> int:
        """Bytes that have arrived and are kept."""

    @abstractmethod
    def append(self, chunk: bytes | bytearray | memoryview, offset: int) -> int:
        """Add a chunk at the end, and give the new offset.

        Raises:
            OffsetMismatch: `offset` is not the end. Nothing was written.
            ObjectTooLarge, QuotaExceeded, UploadNotFound
        """

    @abstractmethod
    def commit(self) -> FileInfo:
        """Make the file appear at its key.

        Raises:
            InvalidRequest: a declared length was not reached.
            VersionConflict, ChecksumMismatch, QuotaExceeded: as `FileStore.put`. The upload stays as it is.
        """

    @abstractmethod
    def abort(self) -> None:
        """Forget the upload; doing so twice is no error."""


class FileStore(ABC):
    """Files of one tenant, by key.

    A write is acknowledged when the call returns, and is seen whole or not at all. An expired file is absent at once.
    Methods may be called from any thread, and several processes may use one store at a time. Besides what is said
    below, each may raise InvalidKey, InvalidRequest (an argument of the wrong kind or size), and StoreError.
    """

    # ------------------------------------------------------------ reading

    @abstractmethod
    def head(self, key: str, *, version: int | None = None) -> FileInfo:
        """Describe a file.

        Raises:
            ObjectNotFound: absent, expired, or `version` is not kept.
        """

    @abstractmethod
    def open(self, key: str, *, version: int | None = None, start: int = 0, end: int | None = None) -> Reader:
        """Open the bytes from `start` up to, without, `end`; both are cut to the size. Raises ObjectNotFound."""

    @abstractmethod
    def list(
        self, prefix: str = "", *, delimiter: str | None = None, after: str | None = None, limit: int = 1000
    ) -> Page:
        """List the keys that begin with `prefix`, which may be any string, in order of code points.

        Args:
            delimiter: fold keys that have it behind the prefix into `Page.common_prefixes`.
            after: start behind this key or common prefix.
            limit: most items and common prefixes together, 1 to 10,000.
        """

    @abstractmethod
    def versions(self, key: str) -> tuple[FileInfo, ...]:
        """The versions that are kept, newest first, the current one included; empty for an absent key.

        The newest `StoreLimits.keep_versions` that were overwritten are kept while there is room. Deleting a file, and
        its expiry, take its older versions along.
        """

    @abstractmethod
    def usage(self) -> Usage:
        """What the tenant's files take."""

    def get(self, key: str, *, version: int | None = None, start: int = 0, end: int | None = None) -> bytes:
        """Give the content, or the part from `start` up to `end`, as bytes. Raises ObjectNotFound."""
        with self.open(key, version=version, start=start, end=end) as reader:
            return reader.read()

    def exists(self, key: str) -> bool:
        """Tell whether a file is there."""
        try:
            self.head(key)
        except ObjectNotFound:
            return False
        return True

    # ------------------------------------------------------------ writing

    @abstractmethod
    def put(self, key: str, body: Body, *, size: int | None = None, **options: Unpack[PutOptions]) -> FileInfo:
        """Store a body: bytes, an open binary file, or chunks. An iterator that raises leaves nothing behind.

        Args:
            size: length of the body in bytes, if it is known beforehand; the body is then held to it.

        Raises:
            ObjectTooLarge, QuotaExceeded, LimitExceeded, ContentTypeRefused: the limits. Nothing was stored.
            VersionConflict: `if_version` or `if_none_match` does not hold.
            ChecksumMismatch: the body is not the one that `expect_sha256` names.
        """

    @abstractmethod
    def copy(self, source: str, target: str, **options: Unpack[PutOptions]) -> FileInfo:
        """Store what is at `source` at `target` too, without moving bytes where the store can do so.

        Content type and metadata go along unless given; expiry does not.

        Raises:
            ObjectNotFound, and as `put`.
        """

    @abstractmethod
    def restore(self, key: str, version: int, *, if_version: int | None = None) -> FileInfo:
        """Make a kept version current again, as a new version; what it replaces is kept in its turn.

        Raises:
            ObjectNotFound: absent, expired, or `version` is not kept.
            VersionConflict: `if_version` is not the current version.
            QuotaExceeded
        """

    @abstractmethod
    def delete(self, key: str, *, if_version: int | None = None) -> bool:
        """Delete a file; tell whether it was there. An absent key is no error. Raises VersionConflict."""

    @abstractmethod
    def begin_upload(self, key: str, *, length: int | None = None, **options: Unpack[PutOptions]) -> Upload:
        """Start a body that arrives in pieces. Raises as `put`, where that can be known beforehand."""

    @abstractmethod
    def resume_upload(self, upload_id: str) -> Upload:
        """Find an upload again, also one that another process began. Raises UploadNotFound."""

    # ------------------------------------------------------------ links

    @abstractmethod
    def sign(self, method: str, key: str, *, expires: float | timedelta, max_size: int | None = None) -> str:
        """Make a token, or where the service has links of its own a URL, that grants one request without a login.

        Args:
            method: "GET" or "PUT".
            expires: seconds (or a timedelta) that it is good for, at most 7 days.
            max_size: largest body that a PUT may have, in bytes.
        """

    @abstractmethod
    def verify(self, method: str, token: str) -> tuple[str, int | None]:
        """Give the key and the largest size that a token of `sign` grants. Raises InvalidSignature."""

    # ------------------------------------------------------------ care

    @abstractmethod
    def cleanup(self, *, now: datetime | None = None) -> int:
        """Remove what has expired, of all tenants, and abandoned uploads too; give the number of files.

        Any number may run at once.
        """

    @abstractmethod
    def recover(self) -> Recovery:
        """Remove what crashed writers left, however many others are at work."""

    def close(self) -> None:  # noqa: B027  a store without connections has nothing to do
        """Release connections; open readers stay good. Closing twice is no error."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
