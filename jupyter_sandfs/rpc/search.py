"""Searching a tree by names and by text, page by page: a page ends early rather than take long."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import translate
from typing import Any

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidRequest, SandfsError
from jupyter_sandfs.rpc.entries import describe
from jupyter_sandfs.rpc.operations import Body, Handler
from jupyter_sandfs.shell.search.matcher import Flavor, Matcher
from jupyter_sandfs.vfs.entries import DirEntry
from jupyter_sandfs.vfs.interface import FileSystem

MOST_MATCHES = 1000
MOST_LINES = 100  # of one file
LINE_CHARACTERS = 300  # shown of one line
_LONGEST = 1000  # characters of a pattern
_PAGE_SECONDS = 1.0
_PAGE_READ = 64 << 20  # bytes looked at for one page, but for the file that is begun
_PAGE_SHOWN = 1 << 20  # characters of one page: a reply must fit in a frame's header
_LOOKED_AT = 8 << 10  # bytes in which a NUL says that a file is no text

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is searched for: names that fit, and of those, if there is a `text`, the files that hold it."""

    name: re.Pattern[str] | None
    text: Matcher | None

    @classmethod
    def of(cls, name: str | None, text: str | None, *, regex: bool, ignore_case: bool) -> Wanted:
        """Raises InvalidRequest when nothing is searched for, or a pattern is wrong or longer than 1000 characters."""
        if not name and not text:
            raise InvalidRequest("search for a name, a text, or both")
        if max(len(name or ""), len(text or "")) > _LONGEST:
            raise InvalidRequest(f"a pattern has at most {_LONGEST} characters")
        flags = re.IGNORECASE if ignore_case else re.NOFLAG
        flavor = Flavor.RUST if regex else Flavor.FIXED
        return cls(
            re.compile(translate(name), flags) if name else None,
            Matcher([text], flavor, ignore_case=ignore_case) if text else None,
        )

    def names(self, entry: DirEntry) -> bool:
        return self.name is None or self.name.fullmatch(entry.name) is not None


class Page:
    """What one request found, and what it may still take."""

    def __init__(self, limit: int, clock: Callable[[], float]) -> None:
        self.rows: list[Row] = []
        self._limit = limit
        self._clock = clock
        self._until = clock() + _PAGE_SECONDS
        self._read = 0
        self._shown = 0

    def is_full(self) -> bool:
        spent = self._read > _PAGE_READ or self._shown > _PAGE_SHOWN or self._clock() > self._until
        return spent or len(self.rows) >= self._limit

    def look(self, fs: FileSystem, entry: DirEntry, wanted: Wanted) -> None:
        """Add the entry if it is wanted; what is gone or can't be read meanwhile is not."""
        if not wanted.names(entry):
            return
        try:
            lines = self._lines(fs, entry, wanted.text) if wanted.text else None
            if lines is None or lines:
                self._add(describe(fs, entry) | ({"lines": lines} if lines else {}))
        except SandfsError:
            return

    def _lines(self, fs: FileSystem, entry: DirEntry, text: Matcher) -> list[Row]:
        if not entry.stat.is_file or entry.stat.dynamic:  # to compute a content is up to who reads it
            return []
        data = fs.read_bytes(entry.path)
        self._read += len(data)
        return [] if b"\0" in data[:_LOOKED_AT] else list(_shown(data, text))

    def _add(self, row: Row) -> None:
        self.rows.append(row)
        self._shown += 2 * len(row["path"]) + sum(len(each["text"]) + 40 for each in row.get("lines", ()))


def search_operations(clock: Callable[[], float]) -> dict[str, Handler]:
    """The search, with a clock of seconds that only grow."""

    def search(
        fs: FileSystem,
        _body: Body,
        path: str = "/",
        name: str | None = None,
        text: str | None = None,
        *,
        regex: bool = False,
        ignore_case: bool = False,
        limit: int = 100,
        after: str | None = None,
    ) -> Row:
        """One page of what is below `path`, in the order of names, behind the path `after`.

        Returns:
            Entries as of a listing, with `lines` if a text was searched for; and `next`, the path to go on behind, or
            None at the end.
        """
        wanted = Wanted.of(name, text, regex=regex, ignore_case=ignore_case)
        page = Page(max(min(limit, MOST_MATCHES), 1), clock)
        last = after
        for entry in walk(fs, paths.normalize(path), after):
            if page.is_full():
                return {"matches": page.rows, "next": last}
            page.look(fs, entry, wanted)
            last = entry.path
        return {"matches": page.rows, "next": None}

    return {"search": search}


def walk(fs: FileSystem, top: str, after: str | None = None) -> Iterator[DirEntry]:
    """Yield what is below a directory, each directory before its contents, siblings by name, behind the path `after`.

    Links are not followed, nor directories entered that a provider makes up.
    """
    done = tuple(paths.normalize(after).split("/")) if after is not None else ()
    pending = list(reversed(_children(fs, top)))
    if not pending:
        fs.ls(top)  # says why, if it is no directory
    while pending:
        entry = pending.pop()
        place = tuple(entry.path.split("/"))
        if place <= done[: len(place)] and place != done[: len(place)]:
            continue
        if place > done:
            yield entry
        if entry.is_dir and not entry.stat.dynamic:
            pending += reversed(_children(fs, entry.path))


def _children(fs: FileSystem, path: str) -> list[DirEntry]:
    try:
        return sorted(fs.ls(path), key=lambda each: each.name)
    except SandfsError:  # gone meanwhile
        return []


def _shown(data: bytes, text: Matcher) -> Iterator[Row]:
    for count, line in enumerate(text.lines(data)):
        if count >= MOST_LINES:
            return
        shown = data[line.start : min(line.end, line.start + 4 * LINE_CHARACTERS)].decode("utf-8", "replace")
        yield {"number": line.number, "text": shown[:LINE_CHARACTERS]}
