"""The terms of a write: the caller's options, checked and made definite before anything happens."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Unpack

from jupyter_sandfs.errors import ChecksumMismatch, ContentTypeRefused, InvalidRequest, VersionConflict
from jupyter_sandfs.filestore import content_types, keys
from jupyter_sandfs.filestore.protocol import FileInfo, PutOptions, StoreLimits

CHECKSUM_PREFIX = "sha256:"
_CENTURY = 100 * 366 * 24 * 3600
_SHA256 = re.compile(r"[0-9a-f]{64}")
_CONTROL = frozenset({"Cc", "Cs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Terms:
    """What a write needs besides key and body.

    Attributes:
        ttl: seconds that the file lives from its commit on; 0 for ever.
        if_version: the version that has to be current, 0 for none; None when any will do.
        sha256: the digest that the body has to have, in lower-case hexadecimal; None when any will do.
    """

    content_type: str
    metadata: dict[str, str] = field(default_factory=dict)
    ttl: float = 0
    if_version: int | None = None
    sha256: str | None = None

    def check_version(self, key: str, current: int) -> None:
        """Raise VersionConflict unless `current` (0 for an absent key) is what the writer expects."""
        if self.if_version is not None and self.if_version != current:
            raise VersionConflict(key, self.if_version, current)

    def check_sha256(self, key: str, actual: str) -> None:
        """Raise ChecksumMismatch unless the body is the one that the writer expects."""
        if self.sha256 is not None and self.sha256 != actual:
            raise ChecksumMismatch(key, CHECKSUM_PREFIX + self.sha256, CHECKSUM_PREFIX + actual)


def terms_of(key: str, limits: StoreLimits, **options: Unpack[PutOptions]) -> Terms:
    """Make the terms of a write.

    Raises:
        InvalidRequest: an option that cannot be met by anything.
        ContentTypeRefused: the store takes no files of this type.
    """
    declared, ttl = options.get("content_type"), options.get("ttl")
    content_type = content_types.guess(key) if declared is None else content_types.check(declared)
    if limits.content_types and not content_types.is_one_of(content_type, limits.content_types):
        raise ContentTypeRefused(content_type)
    return Terms(
        content_type=content_type,
        metadata=_metadata(options.get("metadata") or {}, limits.metadata_bytes),
        ttl=seconds(_default_ttl(key, limits) if ttl is None else ttl, "ttl"),
        if_version=_precondition(options.get("if_version"), absent=options.get("if_none_match", False)),
        sha256=_digest(options.get("expect_sha256")),
    )


def terms_of_deletion(if_version: int | None) -> Terms:
    """Make the terms of a deletion. Raises InvalidRequest."""
    return Terms(content_types.OCTETS, if_version=_precondition(if_version, absent=False))


def inherited(original: FileInfo, options: PutOptions) -> PutOptions:
    """The options of a copy: content type and metadata of the original, unless given."""
    merged: PutOptions = {"content_type": original.content_type, "metadata": original.metadata, **options}
    return merged


def seconds(duration: float | timedelta, what: str) -> float:
    """A duration in seconds. Raises InvalidRequest unless it is a number from 0 to a hundred years."""
    if isinstance(duration, timedelta):
        duration = duration.total_seconds()
    if isinstance(duration, bool) or not isinstance(duration, int | float) or not 0 <= duration <= _CENTURY:
        raise InvalidRequest(f"{what} is a number of seconds, 0 or more: {duration!r:.100}")
    return float(duration)


def count(number: int, what: str) -> int:
    """A number of bytes or a version. Raises InvalidRequest unless it is a whole number from 0 to 2**62."""
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= 1 << 62:
        raise InvalidRequest(f"{what} is a whole number, 0 or more: {number!r:.100}")
    return number


def _default_ttl(key: str, limits: StoreLimits) -> float:
    return (limits.run_ttl if key.startswith(keys.RUNS) else 0) or limits.default_ttl


def _precondition(if_version: int | None, *, absent: bool) -> int | None:
    if not absent:
        return None if if_version is None else count(if_version, "if_version")
    if if_version:
        raise InvalidRequest("if_version and if_none_match exclude each other")
    return 0


def _digest(expected: str | None) -> str | None:
    if expected is None:
        return None
    digest = str(expected).lower().removeprefix(CHECKSUM_PREFIX)
    if not _SHA256.fullmatch(digest):
        raise InvalidRequest(f"expect_sha256 is 64 hexadecimal digits: {expected!r:.100}")
    return digest


def _metadata(metadata: Mapping[str, str], most: int) -> dict[str, str]:
    if not isinstance(metadata, Mapping):
        raise InvalidRequest("metadata is a mapping of strings to strings")
    size = 0
    for name, value in metadata.items():
        if not _is_plain(name) or not name or not _is_plain(value):
            raise InvalidRequest(f"metadata is strings without control characters: {name!r:.100}")
        size += len(name.encode()) + len(value.encode())
        if size > most:
            raise InvalidRequest(f"metadata is at most {most} bytes of UTF-8")
    return dict(metadata)


def _is_plain(text: object) -> bool:
    return isinstance(text, str) and not any(unicodedata.category(character) in _CONTROL for character in text)
