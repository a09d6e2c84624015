"""What the tree lists: a folder in the order of a column, and names found anywhere. Both in pages and bounds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidRequest, PathError
from jupyter_sandfs.rpc.entries import describe, describe_path
from jupyter_sandfs.rpc.operations import Handler
from jupyter_sandfs.vfs.entries import DirEntry
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.interface import FileSystem
from jupyter_sandfs.vfs.policy import OPEN

MAX_PAGE = 1_000
MAX_FOUND = 500
MAX_VISITED = 200_000  # names that one search looks at
MAX_NEEDLE = 255
_PAGE_BYTES = 1 << 20  # names and paths in one page
_NUMBERS = re.compile(r"(\d+)")

Document = dict[str, Any]
_Key = Callable[[DirEntry], Any]


def natural(name: str) -> tuple[tuple[int, int | str], ...]:
    """Give a sort key under which case does not matter and `a9` comes before `a10`."""
    parts = _NUMBERS.split(name.casefold())
    return tuple((0, int(part[:18])) if part.isdecimal() and part.isascii() else (1, part) for part in parts if part)


_ORDERS: dict[str, _Key] = {
    "name": lambda _: 0,
    "size": lambda entry: entry.stat.size,
    "modified": lambda entry: entry.stat.modified_ns,
    "version": lambda entry: entry.stat.version,
}


class Listing:
    """The operation `rows` for one browser. Remembers the last long folder in its order: its pages come one by one."""

    def __init__(self) -> None:
        self._last: tuple[object, list[DirEntry]] = (None, [])

    def rows(
        self,
        fs: FileSystem,
        _body: object,
        path: str,
        offset: int = 0,
        order: str = "name",
        *,
        descending: bool = False,
    ) -> Document:
        """Give one page of a folder: directories first, then by the column, equal ones by name.

        Gives {entries, total, readOnly}: how many there are in all, and whether the folder takes no new names.

        Raises:
            InvalidRequest: no such column, or a negative offset.
        """
        if order not in _ORDERS or offset < 0:
            raise InvalidRequest(f"a listing has an offset, and an order of {', '.join(_ORDERS)}")
        listing = self._ordered(fs, path, order, descending=descending)
        policy = fs.get_policy(path)
        page = _page(fs, listing[offset : offset + MAX_PAGE])
        return {"entries": page, "total": len(listing), "readOnly": not policy.writable}

    def _ordered(self, fs: FileSystem, path: str, order: str, *, descending: bool) -> list[DirEntry]:
        if not isinstance(fs, VirtualFileSystem):  # what a view shows also changes with its rules
            return in_order(fs.ls(path), order, descending=descending)
        newest = fs.log(1)
        key = (fs.tree_id, newest[0].sequence if newest else 0, path, order, descending)
        known, listing = self._last
        if known == key and not fs.stat(path).dynamic:
            return listing
        listing = in_order(fs.ls(path), order, descending=descending)
        self._last = (key, listing) if len(listing) > MAX_PAGE else (None, [])
        return listing


def in_order(listing: list[DirEntry], order: str, *, descending: bool) -> list[DirEntry]:
    """Sort a listing as the tree shows it."""
    reverse = descending and order == "name"
    ordered = sorted(listing, key=lambda entry: (natural(entry.name), entry.name), reverse=reverse)
    if order != "name":
        ordered.sort(key=_ORDERS[order], reverse=descending)
    if any(entry.is_dir for entry in ordered):
        ordered.sort(key=lambda entry: not entry.is_dir)
    return ordered


def search(fs: FileSystem, _body: object, text: str) -> Document:
    """Find nodes whose name holds `text`, in any case; at most 500, among the first 200,000 names.

    Gives {entries, folders, complete}: what was found, the folders that lead there, and whether all was looked at.
    """
    needle = text.strip().casefold()
    if not needle or len(needle) > MAX_NEEDLE:
        raise InvalidRequest(f"what is searched has 1 to {MAX_NEEDLE} characters")
    found, complete = _matches(fs, needle)
    folders = sorted({above for path in found for above in paths.ancestors(path)} - set(found) - {paths.ROOT})
    return {"entries": _described(fs, found), "folders": _described(fs, folders), "complete": complete}


def _matches(fs: FileSystem, needle: str) -> tuple[list[str], bool]:
    found: list[str] = []
    for visited, (path, name) in enumerate(_names(fs)):
        if len(found) == MAX_FOUND or visited == MAX_VISITED:
            return found, False
        if needle in name.casefold():
            found.append(path)
    return found, True


def _names(fs: FileSystem) -> Iterator[tuple[str, str]]:
    """Yield path and name of each node, level by level: what lies near the top is found first."""
    level = [paths.ROOT]
    while level:
        below: list[str] = []
        for folder in level:
            for entry in _ls(fs, folder):
                yield entry.path, entry.name
                if entry.is_dir and not entry.stat.dynamic:
                    below.append(entry.path)
        level = below


def _ls(fs: FileSystem, folder: str) -> list[DirEntry]:
    try:
        return fs.ls(folder)
    except PathError:  # it went away, or may not be listed
        return []


def _page(fs: FileSystem, entries: list[DirEntry]) -> list[Document]:
    page: list[Document] = []
    room = _PAGE_BYTES
    for entry in entries:
        room -= len(entry.path) + len(entry.name) + len(entry.stat.link_target or "")
        if room < 0 and page:
            break
        page.append(describe(fs, entry) | _marks(fs, entry))
    return page


def _marks(fs: FileSystem, entry: DirEntry) -> Document:
    """Tell the owner, and nobody else, that a node is hidden from some."""
    if not isinstance(fs, VirtualFileSystem):
        return {}
    policy = fs.get_policy(entry.path)
    return {"restricted": True} if policy.principals or policy.visibility != OPEN.visibility else {}


def _described(fs: FileSystem, found: list[str]) -> list[Document]:
    documents: list[Document] = []
    for path in found:
        try:
            documents.append(describe_path(fs, path))
        except PathError:  # it went away since
            continue
    return documents


def operations() -> dict[str, Handler]:
    """The table for the dispatcher of one browser."""
    return {"rows": Listing().rows, "search": search}
