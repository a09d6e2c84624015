"""Two moments of a tree, compared as texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_sandfs import paths
from jupyter_sandfs.errors import PathError, ProviderError
from jupyter_sandfs.vfs.textdiff import Side, unified

if TYPE_CHECKING:
    from jupyter_sandfs.vfs.actions import Change
    from jupyter_sandfs.vfs.interface import FileSystem


def compare(old: FileSystem, new: FileSystem, change: Change, context: int) -> str:
    """Write what differs about one change: a file's lines, and those of all files in a directory."""
    before = change.source or change.path
    names = {"": None} if not change.is_dir else dict.fromkeys([*_files(old, before), *_files(new, change.path)])
    sides = [(paths.join(before, name), paths.join(change.path, name)) for name in sorted(names)]
    return "".join(unified(_side(old, left), _side(new, right), context=context) for left, right in sides)


def _files(fs: FileSystem, top: str) -> list[str]:
    """The files below a directory, from there; none if it is not there."""
    if not fs.is_dir(top):
        return []
    return [paths.relative_to(paths.join(at, name), top) for at, _, names in fs.walk(top) for name in names]


def _side(fs: FileSystem, path: str) -> Side:
    """A file's content, what a link says, or nothing."""
    entry = fs.get_entry(path)
    if entry is None or entry.is_dir:
        return Side(path, None)
    if entry.stat.link_target is not None:
        return Side(path, entry.stat.link_target.encode())
    try:
        return Side(path, fs.read_bytes(path))
    except (PathError, ProviderError) as error:
        return Side(path, f"({error})\n".encode())
