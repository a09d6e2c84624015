"""Pages of a listing: by key, never by offset, so that every page costs the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from operator import attrgetter, methodcaller
from typing import Generic, Protocol, TypeVar, overload

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.filestore.keys import check_prefix, successor
from jupyter_sandfs.filestore.protocol import FileInfo, Page

_LARGEST_PAGE = 10_000
_KEY, _INFO = attrgetter("key"), methodcaller("info")


Found = TypeVar("Found")


class Listed(Protocol):
    """What a backend finds, which may cost less than its description."""

    @property
    def key(self) -> str: ...

    def info(self) -> FileInfo: ...


class Described(Sequence[FileInfo], Generic[Found]):
    """The files of a page, each of which is described when it is first looked at: many are not."""

    def __init__(self, found: list[Found], describe: Callable[[Found], FileInfo]) -> None:
        self._found = found
        self._describe = describe
        self._infos: tuple[FileInfo, ...] | None = None

    def _all(self) -> tuple[FileInfo, ...]:
        if self._infos is None:
            self._infos = tuple(map(self._describe, self._found))
        return self._infos

    def __len__(self) -> int:
        return len(self._found)

    @overload
    def __getitem__(self, index: int) -> FileInfo: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[FileInfo, ...]: ...

    def __getitem__(self, index: int | slice) -> FileInfo | tuple[FileInfo, ...]:
        return self._all()[index]

    def __iter__(self) -> Iterator[FileInfo]:
        return iter(self._all())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._all() == tuple(other)

    def __hash__(self) -> int:
        return hash(self._all())

    def __repr__(self) -> str:
        return repr(self._all())


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
    start = start_of(prefix, delimiter, after)
    if delimiter is None:
        found = [] if start is None else islice(scan(start, successor(prefix)), limit + 1)
        return flat_page(list(found), limit, key=_KEY, describe=_INFO)
    items: list[Listed] = []
    folded: list[str] = []
    last: str | None = None
    for entry in _entries(scan, prefix, start, delimiter=delimiter):
        if len(items) + len(folded) == limit:
            return Page(Described(items, _INFO), tuple(folded), last)
        if isinstance(entry, str):
            folded.append(last := entry)
        else:
            items.append(entry)
            last = entry.key
    return Page(Described(items, _INFO), tuple(folded))


def flat_page(
    found: list[Found], limit: int, *, key: Callable[[Found], str], describe: Callable[[Found], FileInfo]
) -> Page:
    """Give the page that holds the first `limit` of what was found; there may be one more."""
    after = key(found[limit - 1]) if len(found) > limit else None
    return Page(Described(found[:limit], describe), next_after=after)


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


def start_of(prefix: str, delimiter: str | None, after: str | None) -> str | None:
    """The first key that may be on the page behind `after`; None when there is none."""
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
