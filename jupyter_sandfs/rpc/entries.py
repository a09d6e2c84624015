"""The JSON form of a node: FsEntry of the HTTP interface, and what the tree browser shows of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from jupyter_sandfs import paths
from jupyter_sandfs.errors import PathError
from jupyter_sandfs.vfs.entries import DirEntry, Kind, Stat
from jupyter_sandfs.vfs.interface import FileSystem


def describe(fs: FileSystem, entry: DirEntry) -> dict[str, Any]:
    """Give the FsEntry of a row of a listing; a link is described as what it leads to."""
    target = _target(fs, entry)
    document: dict[str, Any] = {
        "name": entry.name,
        "path": entry.path,
        "entryType": str(Kind.DIRECTORY if target.is_dir else Kind.FILE),
        "size": target.size,
        "modified": rfc3339(target.modified_at),
        "created": rfc3339(target.created_at),
        "version": target.version,
        "etag": target.etag,
        "mode": target.mode,
    }
    if entry.stat.is_symlink:
        document["symlinkTarget"] = entry.stat.link_target
    return document | {name: True for name, holds in _marks(fs, entry.path, target).items() if holds}


def describe_path(fs: FileSystem, path: str) -> dict[str, Any]:
    """Give the FsEntry of what is at `path`. Raises NotFound."""
    return describe(fs, DirEntry(paths.name(path), paths.normalize(path), fs.stat(path, follow=False)))


def rfc3339(when: datetime) -> str:
    """A UTC moment with `Z` (RFC 3339, 5.6)."""
    return when.isoformat().replace("+00:00", "Z")


def _target(fs: FileSystem, entry: DirEntry) -> Stat:
    if not entry.stat.is_symlink:
        return entry.stat
    try:
        return fs.stat(entry.path)
    except PathError:  # leads nowhere, in a circle, or to what this view does not see: it stands for itself
        return entry.stat


def _marks(fs: FileSystem, path: str, target: Stat) -> dict[str, bool]:
    policy = fs.get_policy(path)
    return {"dynamic": target.dynamic, "readOnly": not policy.writable, "appendOnly": policy.append_only}
