"""The table that a plain `ls` shows in a notebook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jupyter_sandfs.errors import SandfsError
from jupyter_sandfs.kernel.display.page import element, grid, page
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


def listing(fs: FileSystem, places: Mapping[str, str], arguments: Arguments) -> tuple[str, list[dict[str, Any]]]:
    """A page and data for directories and files.

    Args:
        places: the path of each, by how it was asked for.
    """
    hidden = "a" in arguments or "A" in arguments
    parts, data = [], []
    for shown, path in places.items():
        rows = list(_rows(fs, path, hidden=hidden))
        data += [each.data for each in rows]
        if len(places) > 1:
            parts.append(element("div", element("strong", f"{shown}:")))
        kept = rows[:_ROWS]
        parts.append(
            grid(_HEADS, [each.cells for each in kept], numbers=frozenset({1, 3}), keys=[e.keys for e in kept])
        )
        if len(rows) > len(kept):
            parts.append(element("div", f"… and {len(rows) - _ROWS:,} more", _class="dim"))
    return page(*parts), data


def _rows(fs: FileSystem, path: str, *, hidden: bool) -> Iterator[_Row]:
    entry = fs.get_entry(path)
    entries = fs.ls(path) if fs.is_dir(path) else [entry] if entry else []
    for each in entries:
        if hidden or not each.name.startswith(".") or entry is each:
            yield _Row(each, badges(_policy(fs, each.path)))


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
