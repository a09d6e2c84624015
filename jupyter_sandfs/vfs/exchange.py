"""Whole trees between a file system and the host's disk; only ever called for a path that the owner named."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from jupyter_sandfs import paths
from jupyter_sandfs.errors import AlreadyExists, InvalidPath, NotFound
from jupyter_sandfs.vfs.interface import FileSystem


class Moved(NamedTuple):
    """What an import or export took along; `skipped` are links that lead nowhere and special files."""

    files: int
    size_bytes: int
    skipped: tuple[str, ...] = ()


def import_tree(fs: FileSystem, host_path: str | os.PathLike[str], path: str) -> Moved:
    """Copy a file or directory of the host to exactly `path`. Links on the host are skipped, not followed.

    Raises:
        NotFound: nothing is there on the host.
        PathError: as `FileSystem.write_bytes`; what was copied before stays.
    """
    top = Path(host_path).expanduser()
    if not top.exists():
        raise NotFound(str(top), "on this machine")
    if top.is_file():
        return Moved(1, _import_file(fs, top, paths.normalize(path)))
    files = size = 0
    skipped: list[str] = []
    for at, directories, names in os.walk(top):
        target = paths.join(path, Path(at).relative_to(top).as_posix())
        fs.mkdir(target)
        skipped += [str(Path(at, name)) for name in directories if Path(at, name).is_symlink()]
        for name in sorted(names):
            source = Path(at, name)
            if source.is_symlink() or not source.is_file():
                skipped.append(str(source))
                continue
            size += _import_file(fs, source, paths.join(target, _portable(name)))
            files += 1
    return Moved(files, size, tuple(skipped))


def export_tree(fs: FileSystem, path: str, host_path: str | os.PathLike[str], *, overwrite: bool = False) -> Moved:
    """Copy a file or directory to exactly `host_path`; links become what they lead to.

    Raises:
        AlreadyExists: a file is there and `overwrite` is off.
        NotFound: nothing is at `path`.
    """
    top = Path(host_path).expanduser()
    if not fs.stat(path).is_dir:
        return Moved(1, _export_file(fs, path, top, overwrite=overwrite))
    files = size = 0
    skipped: list[str] = []
    for at, _, names in fs.walk(path):
        directory = top / paths.relative_to(at, path)
        directory.mkdir(parents=True, exist_ok=True)
        for name in names:
            source = paths.join(at, name)
            if not fs.is_file(source):
                skipped.append(source)
                continue
            size += _export_file(fs, source, directory / name, overwrite=overwrite)
            files += 1
    return Moved(files, size, tuple(skipped))


def _import_file(fs: FileSystem, source: Path, path: str) -> int:
    content = source.read_bytes()
    fs.write_bytes(path, content)
    return len(content)


def _export_file(fs: FileSystem, path: str, target: Path, *, overwrite: bool) -> int:
    content = fs.read_bytes(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with target.open("wb" if overwrite else "xb") as file:
            file.write(content)
    except FileExistsError:
        raise AlreadyExists(str(target), "on this machine; --overwrite replaces it") from None
    return len(content)


def _portable(name: str) -> str:
    """A name of the host that a sandbox path can hold: a backslash would become a slash."""
    if "\\" in name:
        raise InvalidPath(name, "a name with a backslash can't be imported")
    return name
