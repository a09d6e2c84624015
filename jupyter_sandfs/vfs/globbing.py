"""Patterns over a file system, and its drawing as text; both work through any view."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import translate
from functools import lru_cache
from typing import TYPE_CHECKING

from jupyter_sandfs import paths

if TYPE_CHECKING:
    from jupyter_sandfs.vfs.entries import DirEntry
    from jupyter_sandfs.vfs.interface import FileSystem

_MAGIC = re.compile(r"[*?\[]")


def glob(system: FileSystem, pattern: str) -> list[str]:
    """Paths that match; `**` stands for any number of directories, links are not followed by it."""
    segments = paths.normalize(pattern).split("/")[1:]
    return sorted(set(_expand(system, paths.ROOT, segments)))


def _expand(system: FileSystem, at: str, segments: list[str]) -> Iterator[str]:
    if not segments:
        yield at
        return
    head, rest = segments[0], segments[1:]
    if head == "**":
        yield from _expand_deep(system, at, rest)
    elif _MAGIC.search(head):
        for entry in _entries(system, at):
            if _matches(entry.name, head):
                yield from _expand(system, entry.path, rest)
    elif system.exists(below := paths.join(at, head)):
        yield from _expand(system, below, rest)


def _expand_deep(system: FileSystem, at: str, rest: list[str]) -> Iterator[str]:
    yield from _expand(system, at, rest or ["*"])
    for entry in _entries(system, at):
        if entry.is_dir and not entry.name.startswith("."):
            yield from _expand_deep(system, entry.path, rest)


def _entries(system: FileSystem, path: str) -> list[DirEntry]:
    return system.ls(path) if system.is_dir(path) else []


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
