"""Patterns over a file system, and its drawing as text; both work through any view."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import translate
from functools import lru_cache
from typing import TYPE_CHECKING

from jupyter_sandfs import paths
from jupyter_sandfs.errors import NotADirectory, NotFound, PermissionDenied, TooManyLinks

if TYPE_CHECKING:
    from jupyter_sandfs.vfs.entries import DirEntry
    from jupyter_sandfs.vfs.interface import FileSystem

_MAGIC = re.compile(r"[*?\[]")


def glob(system: FileSystem, pattern: str) -> list[str]:
    """Paths that match; `**` stands for any number of directories, links are not followed by it."""
    segments = re.sub(r"(/\*\*)+(?=/|$)", "/**", paths.normalize(pattern)).split("/")[1:]
    if segments[-1] == "**":
        segments.append("*")
    found = {paths.ROOT}
    for segment in segments:
        # A set at each level: a path is expanded once, however many ways lead to it.
        found = {below for at in found for below in _expand(system, at, segment)}
    return sorted(found)


def _expand(system: FileSystem, at: str, segment: str) -> Iterator[str]:
    if segment == "**":
        yield from _directories(system, at)
    elif _MAGIC.search(segment):
        # Below a link the name that leads there counts, not where it leads.
        yield from (paths.join(at, entry.name) for entry in _entries(system, at) if _matches(entry.name, segment))
    elif segment == "" or system.get_entry(paths.join(at, segment)) is not None:  # a link that leads nowhere too
        yield paths.join(at, segment)


def _directories(system: FileSystem, at: str) -> Iterator[str]:
    """A directory and those below it whose names do not start with a dot."""
    pending = [at]
    while pending:
        yield (here := pending.pop())
        below = (each.name for each in _entries(system, here) if each.is_dir and not each.name.startswith("."))
        pending += [paths.join(here, name) for name in below]


def _entries(system: FileSystem, path: str) -> list[DirEntry]:
    try:
        return system.ls(path)
    except (NotFound, NotADirectory, PermissionDenied, TooManyLinks):
        return []


def _matches(name: str, pattern: str) -> bool:
    if name.startswith(".") and not pattern.startswith("."):
        return False
    return _compiled(pattern).match(name) is not None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(pattern))


def draw_tree(system: FileSystem, path: str, max_entries: int) -> str:
    """Draw a directory as `tree` does, without its closing count; cut after `max_entries` rows."""
    rows = [path]
    for row in _rows(system, path, ""):
        if len(rows) > max_entries:
            rows.append(f"… more than {max_entries} entries")
            break
        rows.append(row)
    return "\n".join(rows)


def _rows(system: FileSystem, path: str, indent: str) -> Iterator[str]:
    entries = system.ls(path)
    for entry in entries:
        last = entry is entries[-1]
        yield f"{indent}{'└── ' if last else '├── '}{_label(entry)}"
        if entry.is_dir:
            yield from _rows(system, entry.path, indent + ("    " if last else "│   "))


def _label(entry: DirEntry) -> str:
    if entry.stat.link_target is not None:
        return f"{entry.name} -> {entry.stat.link_target}"
    return f"{entry.name}/" if entry.is_dir else entry.name
