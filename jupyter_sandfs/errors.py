"""Every error of the project, in one table.

Each class says here, once, which builtin exception it also is, its errno, its HTTP status and its wire code.
Layers above translate with this table and never invent codes of their own.
"""

from __future__ import annotations

import errno as _errno
import os
from collections.abc import Mapping
from typing import Any, ClassVar

_NAMED = 10  # paths that a text names


class SandfsError(Exception):
    """Base of all errors of jupyter_sandfs.

    Attributes:
        code: name of the error on the wire (problem+json, kernel link).
        http_status: status an HTTP answer about this error has.
        fields: names of the constructor's arguments, kept as attributes; what travels on the wire.
    """

    code: ClassVar[str] = "internal"
    http_status: int = 500
    fields: ClassVar[tuple[str, ...]] = ("detail",)

    def __init__(self, detail: str | None = None) -> None:
        self.detail = detail
        super().__init__(detail)

    def __str__(self) -> str:
        return self.detail or self.code.replace("_", " ")

    @property
    def facts(self) -> dict[str, Any]:
        """The constructor's arguments as plain JSON values."""
        return {name: getattr(self, name) for name in self.fields}

    def __reduce__(self) -> tuple[Any, ...]:
        return revive, (self.code, self.facts)


# ---------------------------------------------------------------- paths


class PathError(SandfsError, OSError):
    """An operation on a path failed; also an `OSError` with errno, strerror and filename."""

    code = "path_error"
    errno_value: ClassVar[int] = _errno.EIO
    fields = ("path", "detail")

    def __init__(self, path: str, detail: str | None = None) -> None:
        self.path = path
        self.detail = detail
        OSError.__init__(self, self.errno_value, os.strerror(self.errno_value), path)

    def __str__(self) -> str:
        reason = os.strerror(self.errno_value)
        return f"{self.path}: {reason} ({self.detail})" if self.detail else f"{self.path}: {reason}"


class NotFound(PathError, FileNotFoundError):
    code, http_status, errno_value = "not_found", 404, _errno.ENOENT


class AlreadyExists(PathError, FileExistsError):
    code, http_status, errno_value = "already_exists", 409, _errno.EEXIST


class NotADirectory(PathError, NotADirectoryError):
    code, http_status, errno_value = "not_a_directory", 400, _errno.ENOTDIR


class IsADirectory(PathError, IsADirectoryError):
    code, http_status, errno_value = "is_a_directory", 400, _errno.EISDIR


class NotEmpty(PathError):
    code, http_status, errno_value = "not_empty", 409, _errno.ENOTEMPTY


class InvalidPath(PathError, ValueError):
    code, http_status, errno_value = "invalid_path", 400, _errno.EINVAL


class TooManyLinks(PathError):
    code, http_status, errno_value = "too_many_links", 400, _errno.ELOOP


class NameTooLong(PathError):
    code, http_status, errno_value = "name_too_long", 400, _errno.ENAMETOOLONG


class PermissionDenied(PathError, PermissionError):
    code, http_status, errno_value = "permission_denied", 403, _errno.EACCES


class ReadOnly(PermissionDenied):
    code, errno_value = "read_only", _errno.EROFS


class AppendOnly(PermissionDenied):
    code, errno_value = "append_only", _errno.EPERM


class FileTooLarge(PathError):
    code, http_status, errno_value = "file_too_large", 413, _errno.EFBIG


class NoSpace(PathError):
    code, http_status, errno_value = "no_space", 507, _errno.ENOSPC


class QuotaReached(NoSpace):
    """Who acts may not add more; the file system itself may have room."""

    code, errno_value = "quota_reached", _errno.EDQUOT


# ---------------------------------------------------------------- rules and requests


class VersionConflict(SandfsError):
    """The version expected is not the current one; `current` is 0 when nothing is there."""

    code, http_status = "version_conflict", 412
    fields = ("path", "expected", "current")

    def __init__(self, path: str, expected: int, current: int) -> None:
        self.path, self.expected, self.current = path, expected, current
        super().__init__(f"{path}: version is {current}, not {expected}")


class PreconditionFailed(SandfsError):
    """The content is not the one the caller named (an etag, If-Match, a download that was overtaken)."""

    code, http_status = "precondition_failed", 412


class MergeConflict(SandfsError):
    """Two changes of the same paths exclude each other, and neither was given up."""

    code, http_status = "merge_conflict", 409
    fields = ("paths", "reason")

    def __init__(self, paths: list[str], reason: str = "both sides changed") -> None:
        self.paths, self.reason = paths, reason
        more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
        super().__init__(f"{reason}: {', '.join(paths[:_NAMED])}{more}")


class InvalidSnapshot(SandfsError, ValueError):
    """Bytes that are no snapshot, are damaged, or come from a later release."""

    code, http_status = "invalid_snapshot", 422


class ProviderError(SandfsError):
    """The callable behind a dynamic node failed, took too long or gave too much."""

    code, http_status = "provider_error", 502
    fields = ("path", "reason")

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path}: could not be computed: {reason}")


class HookError(SandfsError):
    """A write hook failed or vetoed the change.

    Attributes:
        veto: a before-hook refused; nothing was changed.
        rolled_back: the change an after-hook failed on was undone.
    """

    code = "hook_error"
    fields = ("path", "reason", "veto", "rolled_back")

    def __init__(self, path: str, reason: str, *, veto: bool = False, rolled_back: bool = True) -> None:
        self.path, self.reason, self.veto, self.rolled_back = path, reason, veto, rolled_back
        self.http_status = 403 if veto else 500
        state = "" if rolled_back else " (the change stands: others were made on it)"
        super().__init__(f"{path}: {'refused' if veto else 'a write hook failed'}: {reason}{state}")


class LimitExceeded(SandfsError):
    """A request would go over a limit of its own (bytes, entries, depth, seconds)."""

    code, http_status = "limit_exceeded", 413


class InvalidArchive(SandfsError, ValueError):
    """An archive is damaged, or holds what is not unpacked; `member` is the name in it, empty for the whole."""

    code, http_status = "invalid_archive", 400
    fields = ("member", "reason")

    def __init__(self, member: str, reason: str) -> None:
        self.member, self.reason = member[:200], reason
        super().__init__(f"archive refused: {self.member!r}: {reason}" if member else f"archive refused: {reason}")


class RateLimited(SandfsError):
    code, http_status = "rate_limited", 429


class InvalidRequest(SandfsError, ValueError):
    """A request that no handler can act on: an argument missing, unknown or of the wrong type."""

    code, http_status = "invalid_request", 400


class Unsupported(SandfsError):
    """The answer is known, but not here: a part is missing or the interface does not offer it."""

    code, http_status = "unsupported", 501


class SandboxNotFound(SandfsError, LookupError):
    code, http_status = "sandbox_not_found", 404
    fields = ("sandbox_id", "hint")

    def __init__(self, sandbox_id: str, hint: str | None = None) -> None:
        self.sandbox_id, self.hint = sandbox_id, hint
        text = f"sandbox not found: {sandbox_id}"
        super().__init__(f"{text} ({hint})" if hint else text)


class KernelBusy(SandfsError, TimeoutError):
    """The kernel did not answer in time: native code holds its interpreter, or it is gone."""

    code, http_status = "kernel_busy", 504


class ServerUnreachable(SandfsError, ConnectionError):
    """A Jupyter server does not answer, breaks off, or is none with this extension."""

    code, http_status = "server_unreachable", 502


# ---------------------------------------------------------------- storages


class StorageError(SandfsError):
    """What keeps a file system at rest failed, is damaged, or holds what this release can't read."""

    code = "storage_error"


class StorageLocked(StorageError):
    """Another process, or another sandbox of this one, has the storage open for writing."""

    code, http_status = "storage_locked", 409


# ---------------------------------------------------------------- staging store


class StoreError(SandfsError):
    """An operation on a FileStore failed."""

    code = "store_error"


class ObjectNotFound(StoreError, LookupError):
    code, http_status = "object_not_found", 404
    fields = ("key",)

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"file not found: {key}")


class ObjectTooLarge(StoreError):
    """`limit` is the largest size accepted, in bytes."""

    code, http_status = "object_too_large", 413
    fields = ("limit",)

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"file exceeds maximum size of {limit} bytes")


class QuotaExceeded(StoreError):
    """`limit` is the store's capacity for this tenant, in bytes."""

    code, http_status = "quota_exceeded", 507
    fields = ("limit",)

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"storage quota exceeded: the limit is {limit} bytes")


class InvalidKey(StoreError, ValueError):
    code, http_status = "invalid_key", 400
    fields = ("key", "reason")

    def __init__(self, key: str, reason: str) -> None:
        self.key, self.reason = key, reason
        super().__init__(f"invalid file key format: {key!r}: {reason}")


class ContentTypeRefused(StoreError):
    code, http_status = "content_type_refused", 415
    fields = ("content_type",)

    def __init__(self, content_type: str) -> None:
        self.content_type = content_type
        super().__init__(f"content type not accepted: {content_type}")


class ChecksumMismatch(StoreError):
    code, http_status = "checksum_mismatch", 422
    fields = ("key", "expected", "actual")

    def __init__(self, key: str, expected: str, actual: str) -> None:
        self.key, self.expected, self.actual = key, expected, actual
        super().__init__(f"{key}: checksum is {actual}, not {expected}")


class UploadNotFound(StoreError, LookupError):
    """No such upload: it was committed, aborted, or it expired."""

    code, http_status = "upload_not_found", 404
    fields = ("upload_id",)

    def __init__(self, upload_id: str) -> None:
        self.upload_id = upload_id
        super().__init__(f"upload not found: {upload_id}")


class OffsetMismatch(StoreError):
    """Bytes were sent for another place than the end of what has arrived; `current` is where to go on."""

    code, http_status = "offset_mismatch", 409
    fields = ("upload_id", "expected", "current")

    def __init__(self, upload_id: str, expected: int, current: int) -> None:
        self.upload_id, self.expected, self.current = upload_id, expected, current
        super().__init__(f"upload {upload_id}: offset is {current}, not {expected}")


class UploadOvertaken(StoreError):
    """A newer request goes on with the upload: what this one still sends is not taken."""

    code, http_status = "upload_overtaken", 409
    fields = ("upload_id",)

    def __init__(self, upload_id: str) -> None:
        self.upload_id = upload_id
        super().__init__(f"upload {upload_id}: another request goes on with it")


class ChunkMismatch(StoreError):
    """The bytes of one request do not add up to the checksum that came with them (tus 1.0.0, checksum)."""

    code, http_status = "chunk_mismatch", 460
    fields = ("upload_id", "algorithm")

    def __init__(self, upload_id: str, algorithm: str) -> None:
        self.upload_id, self.algorithm = upload_id, algorithm
        super().__init__(
            f"upload {upload_id}: the bytes do not have the {algorithm} that came with them; send them again"
        )


class InvalidSignature(StoreError, PermissionError):
    """A signed link is forged, spoiled, made for something else, or past its time."""

    code, http_status = "invalid_signature", 403


# ---------------------------------------------------------------- the table


def _descendants(root: type[SandfsError]) -> list[type[SandfsError]]:
    return [root, *(each for child in root.__subclasses__() for each in _descendants(child))]


BY_CODE: Mapping[str, type[SandfsError]] = {each.code: each for each in _descendants(SandfsError)}


def revive(code: str, facts: Mapping[str, Any]) -> SandfsError:
    """Make the error again that was sent as `code` and `facts`; an unknown code becomes a plain SandfsError."""
    known = BY_CODE.get(code)
    if known is None or not set(facts) <= set(known.fields):
        return SandfsError(str(facts.get("detail") or code))
    return known(**facts)
