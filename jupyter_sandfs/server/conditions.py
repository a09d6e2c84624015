"""Conditional and partial requests (RFC 9110, 13 and 14), and headers of downloads. Pure functions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})", re.ASCII)
_ETAG = re.compile(r'(?:W/)?"[^"]*"|\*')


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes `start` up to `end`, without it, of `size`."""

    start: int
    end: int
    size: int

    @property
    def length(self) -> int:
        return self.end - self.start

    @property
    def content_range(self) -> str:
        return f"bytes {self.start}-{self.end - 1}/{self.size}"


class Unsatisfiable(Exception):
    """The range asked for starts behind the end: no error of ours, it becomes 416."""


def requested_part(header: str | None, size: int) -> Part | None:
    """Read a Range header; None means the whole, also for what is malformed or asks for several parts.

    Raises:
        Unsatisfiable: nothing of the content is in the range.
    """
    match = _RANGE.fullmatch((header or "").replace(" ", ""))
    if match is None or match.group(1) == match.group(2) == "":
        return None
    first, last = match.groups()
    if not first:
        start, end = max(size - int(last), 0), size
    else:
        start, end = int(first), min(int(last) + 1 if last else size, size)
        if last and int(last) < int(first):
            return None
    if start >= end:
        raise Unsatisfiable
    return Part(start, end, size)


def lists_etag(header: str | None, etag: str) -> bool:
    """Say whether If-Match or If-None-Match names `etag` (given without quotes); a star names any."""
    named = _ETAG.findall(header or "")
    return "*" in named or quoted(etag) in [each.removeprefix("W/") for each in named]


def is_same(header: str | None, etag: str) -> bool:
    """Say whether an If-Range header allows a part: there is none, or it names exactly this content."""
    return header is None or header.strip() == quoted(etag)


def quoted(etag: str) -> str:
    return f'"{etag}"'


def disposition(name: str, kind: str = "attachment") -> str:
    """Content-Disposition of a download (RFC 6266, RFC 8187): no name can break out of it."""
    return f"{kind}; filename*=UTF-8''{quote(name, safe='')}"


def escaped(path: str) -> str:
    """A path as it stands in a URL."""
    return quote(path, safe="/")
