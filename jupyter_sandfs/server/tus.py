"""The headers of tus 1.0.0, the protocol of resumable uploads (https://tus.io/protocols/resumable-upload). Pure."""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

from jupyter_sandfs.errors import InvalidRequest, LimitExceeded

VERSION = "1.0.0"
BODY_TYPE = "application/offset+octet-stream"
EXTENSIONS = (
    "creation",
    "creation-with-upload",
    "creation-defer-length",
    "expiration",
    "checksum",
    "termination",
    "concatenation",
)
# What clients have; sha256 is the one to choose. These find what the network spoiled, and protect from nobody.
ALGORITHMS: dict[str, Callable[[], Any]] = {
    "md5": lambda: hashlib.md5(usedforsecurity=False),
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "sha256": hashlib.sha256,
}

_METADATA_BYTES = 8 << 10
_MOST_PARTS = 1000
_NUMBER = re.compile(r"\d{1,18}", re.ASCII)
_NAME = re.compile(r"[!-+\--~]+")  # printable ASCII without space and comma


class Kind(Enum):
    """What an upload is to concatenation."""

    WHOLE = "whole"
    PARTIAL = "partial"
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the bytes of one request have to add up to."""

    algorithm: str
    digest: bytes


def parse_number(name: str, text: str | None) -> int:
    """Read a header that holds a number of bytes. Raises InvalidRequest, also when it is missing."""
    if text is None or not _NUMBER.fullmatch(text):
        raise InvalidRequest(f"{name} is a whole number of bytes")
    return int(text)


def parse_length(length: str | None, deferred: str | None) -> int | None:
    """Read Upload-Length or Upload-Defer-Length; None means that it will be said later."""
    if (length is None) == (deferred is None):
        raise InvalidRequest("say either Upload-Length or Upload-Defer-Length")
    if deferred is None:
        return parse_number("Upload-Length", length)
    if deferred != "1":
        raise InvalidRequest("Upload-Defer-Length is 1 or left out")
    return None


def parse_metadata(text: str | None) -> dict[str, bytes]:
    """Read Upload-Metadata: pairs of a name and a value in base64, separated by commas."""
    if not text:
        return {}
    if len(text) > _METADATA_BYTES:
        raise LimitExceeded(f"Upload-Metadata has at most {_METADATA_BYTES} bytes")
    pairs = [_pair(each) for each in text.split(",")]
    metadata = dict(pairs)
    if len(metadata) < len(pairs):
        raise InvalidRequest("a name stands twice in Upload-Metadata")
    return metadata


def parse_checksum(text: str | None) -> Checksum | None:
    """Read Upload-Checksum: an algorithm and a digest in base64."""
    if text is None:
        return None
    algorithm, _, encoded = text.partition(" ")
    if algorithm not in ALGORITHMS:
        raise InvalidRequest(f"Upload-Checksum takes {', '.join(ALGORITHMS)}")
    return Checksum(algorithm, _base64("Upload-Checksum", encoded))


def parse_concat(text: str | None) -> tuple[Kind, list[str]]:
    """Read Upload-Concat: what the upload is, and for a final one the ids of its parts, in order.

    The addresses of the parts may be absolute or paths; what counts is their last segment.
    """
    if text is None:
        return Kind.WHOLE, []
    if text == Kind.PARTIAL.value:
        return Kind.PARTIAL, []
    kind, _, addresses = text.partition(";")
    if kind.strip() != Kind.FINAL.value or not addresses.strip():
        raise InvalidRequest("Upload-Concat is partial, or final; and the addresses of the parts")
    parts = [_last_segment(each) for each in addresses.split()]
    if len(parts) > _MOST_PARTS:
        raise LimitExceeded(f"an upload has at most {_MOST_PARTS} parts")
    if len(set(parts)) < len(parts):
        raise InvalidRequest("a part stands twice in Upload-Concat")
    return Kind.FINAL, parts


def _pair(text: str) -> tuple[str, bytes]:
    name, _, value = text.strip().partition(" ")
    if not _NAME.fullmatch(name):
        raise InvalidRequest("Upload-Metadata holds names of printable ASCII, each with a value in base64")
    return name, _base64("Upload-Metadata", value)


def _base64(name: str, text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError:
        raise InvalidRequest(f"a value of {name} is not base64") from None


def _last_segment(address: str) -> str:
    try:
        return urlsplit(address).path.rpartition("/")[2]
    except ValueError:
        raise InvalidRequest("Upload-Concat names something that is no address") from None
