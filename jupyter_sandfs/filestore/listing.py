"""Pages of a local listing: by key, never by offset, so that every page costs the same."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from jupyter_sandfs.filestore.keys import successor
from jupyter_sandfs.filestore.ledger import Row, live_rows
from jupyter_sandfs.filestore.protocol import FileInfo, Page


def list_page(
    rows: sqlite3.Connection,
    tenant: str,
    prefix: str,
    *,
    delimiter: str | None,
    after: str | None,
    limit: int,
    now: float,
) -> Page:
    """Give the page behind `after`; arguments are as in `FileStore.list`, and checked."""
    items: list[FileInfo] = []
    folded: list[str] = []
    last: str | None = None
    start = _start(prefix, delimiter, after)
    for entry in _entries(rows, tenant, prefix, start, delimiter=delimiter, now=now):
        if len(items) + len(folded) == limit:
            return Page(tuple(items), tuple(folded), last)
        if isinstance(entry, str):
            folded.append(last := entry)
        else:
            items.append(entry.info())
            last = entry.key
    return Page(tuple(items), tuple(folded))


def _entries(
    rows: sqlite3.Connection, tenant: str, prefix: str, start: str | None, *, delimiter: str | None, now: float
) -> Iterator[Row | str]:
    """Rows and common prefixes in order. Behind a common prefix the search goes on where its keys end."""
    below = successor(prefix)
    while start is not None:
        found = live_rows(rows, tenant, start=start, below=below, now=now)
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
