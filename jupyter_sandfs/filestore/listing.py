"""Pages of a listing: by key, never by offset, so that every page costs the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.filestore.keys import check_prefix, successor
from jupyter_sandfs.filestore.protocol import FileInfo, Page

_LARGEST_PAGE = 10_000


class Listed(Protocol):
    """What a backend finds, which may cost less than its description."""

    @property
    def key(self) -> str: ...

    def info(self) -> FileInfo: ...


# Gives what is live from a key up to, without, another (None: no bound), in order of code points; read as asked for.
Scan = Callable[[str, str | None], Iterable[Listed]]


def check_listing(prefix: str, *, delimiter: str | None, after: str | None, limit: object) -> None:
    """Raise InvalidRequest for arguments of `FileStore.list` that it cannot act on."""
    for text in (prefix, delimiter, after):
        if text is not None:
            check_prefix(text)
    if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= _LARGEST_PAGE or delimiter == "":
        raise InvalidRequest(f"limit is 1 to {_LARGEST_PAGE}, and a delimiter has a character at least")


def list_page(scan: Scan, prefix: str, *, delimiter: str | None, after: str | None, limit: int) -> Page:
    """Give the page behind `after`; arguments are as in `FileStore.list`, and checked."""
    items: list[FileInfo] = []
    folded: list[str] = []
    last: str | None = None
    start = _start(prefix, delimiter, after)
    for entry in _entries(scan, prefix, start, delimiter=delimiter):
        if len(items) + len(folded) == limit:
            return Page(tuple(items), tuple(folded), last)
        if isinstance(entry, str):
            folded.append(last := entry)
        else:
            items.append(entry.info())
            last = entry.key
    return Page(tuple(items), tuple(folded))


def _entries(scan: Scan, prefix: str, start: str | None, *, delimiter: str | None) -> Iterator[Listed | str]:
    """Files and common prefixes in order. Behind a common prefix the search goes on where its keys end."""
    below = successor(prefix)
    while start is not None:
        found = scan(start, below)
        start = None
        for row in found:
            if common := _common_prefix(row.key, prefix, delimiter):
                yield common
                start = successor(common)
                break
            yield row


def _start(prefix: str, delimiter: str | None, after: str | None) -> str | None:
    if after is None:
        return prefix
    if after.startswith(prefix) and _common_prefix(after, prefix, delimiter) == after:
        behind = successor(after)
        return None if behind is None else max(prefix, behind)
    return max(prefix, after + "\0")


def _common_prefix(key: str, prefix: str, delimiter: str | None) -> str | None:
    if not delimiter:
        return None
    at = key.find(delimiter, len(prefix))
    return None if at < 0 else key[: at + len(delimiter)]
