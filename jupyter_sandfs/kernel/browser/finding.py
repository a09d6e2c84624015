"""Names found anywhere in a tree, for the filter: what lies near the top comes first."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidRequest, PathError
from jupyter_sandfs.rpc.entries import describe_path
from jupyter_sandfs.rpc.operations import Handler
from jupyter_sandfs.vfs.interface import FileSystem

MAX_FOUND = 500
MAX_VISITED = 2_000_000  # names that one search looks at: as many as a sandbox holds by default
MAX_SECONDS = 3.0
MAX_NEEDLE = 255

Document = dict[str, Any]


def search(fs: FileSystem, _body: object, text: str) -> Document:
    """The operation of the page; see `find`."""
    return find(fs, text)


def find(fs: FileSystem, text: str, clock: Callable[[], float] = time.monotonic) -> Document:
    """Find nodes whose name holds `text`, in any case: at most 500, of those looked at within 3 seconds.

    Gives {entries, folders, visited, complete}: what was found, the folders that lead there, how many names were
    looked at, and whether those were all.
    """
    needle = text.strip().casefold()
    if not needle or len(needle) > MAX_NEEDLE:
        raise InvalidRequest(f"what is searched has 1 to {MAX_NEEDLE} characters")
    found, visited, complete = _matches(fs, needle, clock)
    folders = sorted({above for path in found for above in paths.ancestors(path)} - set(found) - {paths.ROOT})
    told = {"entries": _described(fs, found), "folders": _described(fs, folders)}
    return told | {"visited": visited, "complete": complete}


def _matches(fs: FileSystem, needle: str, clock: Callable[[], float]) -> tuple[list[str], int, bool]:
    """The paths that fit, how many names were looked at, and whether those were all there are."""
    found: list[str] = []
    visited, end = 0, clock() + MAX_SECONDS
    for folder, names in _folders(fs):
        fits = [name for name in names[: MAX_VISITED - visited] if needle in name.casefold()]
        visited = min(visited + len(names), MAX_VISITED)
        found += [paths.join(folder, name) for name in fits]
        if len(found) > MAX_FOUND or visited == MAX_VISITED or clock() > end:
            return found[:MAX_FOUND], visited, False
    return found, visited, True


def _folders(fs: FileSystem) -> Iterator[tuple[str, list[str]]]:
    """Yield each folder with the names in it, level by level. What a provider computes is not looked into."""
    level = [paths.ROOT]
    while level:
        below: list[str] = []
        for folder in level:
            directories, others = _names(fs, folder)
            yield folder, directories + others
            below += [paths.join(folder, name) for name in directories]
        level = [path for path in below if not _is_dynamic(fs, path)]


def _names(fs: FileSystem, folder: str) -> tuple[list[str], list[str]]:
    try:
        _, directories, others = next(fs.walk(folder))
    except PathError:  # it went away, or may not be listed
        return [], []
    return directories, others


def _is_dynamic(fs: FileSystem, path: str) -> bool:
    try:
        return fs.stat(path).dynamic
    except PathError:
        return True


def _described(fs: FileSystem, found: list[str]) -> list[Document]:
    documents: list[Document] = []
    for path in found:
        try:
            documents.append(describe_path(fs, path))
        except PathError:  # it went away since
            continue
    return documents


OPERATIONS: dict[str, Handler] = {"search": search}
