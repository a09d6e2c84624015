"""The table that a plain `ls` shows in a notebook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jupyter_sandfs.errors import SandfsError
from jupyter_sandfs.kernel.display.page import Html, element, grid, page
from jupyter_sandfs.kernel.output import human_size
from jupyter_sandfs.shell.options import Arguments
from jupyter_sandfs.vfs.entries import DirEntry
from jupyter_sandfs.vfs.interface import FileSystem
from jupyter_sandfs.vfs.policy import OPEN, NodePolicy

_ROWS = 1000
_HEADS = ("name", "size", "modified", "version", "rules")
PLAIN = frozenset("1aAlhtSrFpvXN")
"""Options under which a table shows the same entries as the text; it brings its own order."""


@dataclass(frozen=True, slots=True)
class _Row:
    entry: DirEntry
    rules: str

    @property
    def cells(self) -> list[str]:
        stat = self.entry.stat
        name = self.entry.name + ("/" if stat.is_dir else f" -> {stat.link_target}" if stat.is_symlink else "")
        size = "" if stat.is_dir else "computed" if stat.dynamic and not stat.size else human_size(stat.size)
        version = str(stat.version) if stat.is_file else ""
        return [name, size, f"{stat.modified_at:%Y-%m-%d %H:%M:%S}", version, self.rules]

    @property
    def keys(self) -> list[float | None]:
        stat = self.entry.stat
        return [None, float(stat.size), stat.modified_ns / 1e9, float(stat.version), None]

    @property
    def data(self) -> dict[str, Any]:
        stat = self.entry.stat
        told = {"name": self.entry.name, "path": self.entry.path, "kind": str(stat.kind), "size": stat.size}
        return told | {
            "version": stat.version,
            "mode": stat.mode,
            "modified_at": stat.modified_at.isoformat(),
            "link_target": stat.link_target,
            "rules": self.rules,
        }


def listing(fs: FileSystem, places: Mapping[str, str], arguments: Arguments) -> str:
    """A page for directories and files, of each the first 1,000 rows.

    Args:
        places: the path of each, by how it was asked for.
    """
    parts = []
    for shown, path in places.items():
        entries = list(_entries(fs, path, arguments))
        if len(places) > 1:
            parts.append(element("div", element("strong", f"{shown}:")))
        parts.append(_grid([_row(fs, each) for each in entries[:_ROWS]]))
        if len(entries) > _ROWS:
            parts.append(element("div", f"… and {len(entries) - _ROWS:,} more", _class="dim"))
    return page(*parts)


def rows(fs: FileSystem, places: Mapping[str, str], arguments: Arguments) -> list[dict[str, Any]]:
    """All that `listing` tells, in plain values."""
    entries = (each for path in places.values() for each in _entries(fs, path, arguments))
    return [_row(fs, each).data for each in entries]


def _grid(found: list[_Row]) -> Html:
    cells, keys = [each.cells for each in found], [each.keys for each in found]
    return grid(_HEADS, cells, numbers=frozenset({1, 3}), keys=keys)


def _entries(fs: FileSystem, path: str, arguments: Arguments) -> Iterator[DirEntry]:
    hidden = "a" in arguments or "A" in arguments
    entry = fs.get_entry(path)
    for each in fs.ls(path) if fs.is_dir(path) else [entry] if entry else []:
        if hidden or not each.name.startswith(".") or entry is each:
            yield each


def _row(fs: FileSystem, entry: DirEntry) -> _Row:
    return _Row(entry, badges(_policy(fs, entry.path)))


def _policy(fs: FileSystem, path: str) -> NodePolicy:
    try:
        return fs.get_policy(path)
    except SandfsError:  # it went away meanwhile
        return OPEN


def badges(policy: NodePolicy) -> str:
    """What is not as everywhere, in words."""
    said = {
        "not readable": not policy.readable,
        "read-only": not policy.writable,
        "append-only": policy.append_only,
        policy.visibility: policy.visibility != OPEN.visibility,
    }
    return ", ".join(word for word, holds in said.items() if holds)
