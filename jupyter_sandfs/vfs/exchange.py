"""Whole trees between a file system and the host's disk; only ever called for a path that the owner named.

Both ways look at everything first and copy then, so that what can be refused is refused before anything changed. What
comes in is read whole and written in one step: it is in memory once, as the files that it becomes, and beside what it
replaces until then.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from jupyter_sandfs import paths
from jupyter_sandfs.errors import AlreadyExists, FileTooLarge, InvalidPath, IsADirectory, NoSpace, NotFound, Unsupported
from jupyter_sandfs.vfs.batch import Item
from jupyter_sandfs.vfs.interface import FileSystem

_HERE = "on this machine"

_Survey = tuple[list[str], list[tuple[Path, str]], list[str]]
"""What is below a directory of the host: directories to make, files with their places, and what is left out."""


class Moved(NamedTuple):
    """What an import or export took along; `skipped` are links that lead nowhere and special files."""

    files: int
    size_bytes: int
    skipped: tuple[str, ...] = ()


Progress = Callable[[int, int, int], None]
"""Is told after each file how many were copied, their bytes, and how many there are in all."""


def import_tree(
    fs: FileSystem, host_path: str | os.PathLike[str], path: str, *, progress: Progress | None = None
) -> Moved:
    """Copy a file or directory of the host to exactly `path`, all or nothing; files that are there are replaced.

    No link is followed: those on the host are skipped, and where one of the sandbox is in the way, it is refused.

    Args:
        progress: is told of each file that was read.

    Raises:
        NotFound: nothing is there on the host.
        InvalidPath: a name that the sandbox can't hold.
        FileTooLarge, NoSpace: more than the file system may hold.
        OSError: the host refuses.
        PathError: as `FileSystem.write_many`.
    """
    top = Path(host_path).expanduser()
    if not top.exists():
        raise NotFound(str(top), _HERE)
    if not top.is_file() and not top.is_dir():
        raise Unsupported(f"{top}: neither a file nor a directory")
    landing = fs.resolve(path)
    found: _Survey = ([], [(top, landing)], []) if top.is_file() else _survey(top, landing)
    directories, files, skipped = found
    _check_room(fs, [source for source, _ in files])
    read = [Item(target, content) for target, content in _told(_read_all(fs, files), len(files), progress)]
    fs.write_many([*map(Item, directories), *read], overwrite=True)
    return Moved(len(files), sum(len(item.content) for item in read if isinstance(item.content, bytes)), tuple(skipped))


def export_tree(
    fs: FileSystem,
    path: str,
    host_path: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Moved:
    """Copy a file or directory to exactly `host_path`; links become what they lead to.

    Args:
        progress: is told of each file that was written.

    Raises:
        AlreadyExists: a file is there and `overwrite` is off. Nothing was copied.
        NotFound: nothing is at `path`.
        OSError: the host refuses.
    """
    top = Path(host_path).expanduser()
    if not fs.stat(path).is_dir:
        return Moved(1, _export_file(fs, path, top, overwrite=overwrite))
    directories: list[Path] = []
    files: list[tuple[str, Path]] = []
    skipped: list[str] = []
    for at, _, names in fs.walk(path):
        directories.append(top / paths.relative_to(at, path))
        for name in names:
            source = paths.join(at, name)
            if fs.is_file(source):
                files.append((source, directories[-1] / name))
            else:
                skipped.append(source)
    if not overwrite:
        _check_free(target for _, target in files)
    for directory in directories:
        directory.mkdir(parents=True, exist_ok=True)
    size = 0
    for done, (source, target) in enumerate(files, 1):
        size += _export_file(fs, source, target, overwrite=overwrite)
        if progress is not None:
            progress(done, size, len(files))
    return Moved(len(files), size, tuple(skipped))


def write_host_file(target: Path, chunks: Iterable[bytes], *, overwrite: bool = False) -> int:
    """Put a file on the host's disk, whole or not at all; give its size in bytes.

    With `overwrite`, a link at `target` is replaced, never followed.

    Raises:
        AlreadyExists: something is there and `overwrite` is off.
        IsADirectory: a directory is there.
    """
    if target.is_dir():
        raise IsADirectory(str(target), _HERE)
    target.parent.mkdir(parents=True, exist_ok=True)
    with _new_file(target, overwrite=overwrite) as file:
        return sum(file.write(chunk) for chunk in chunks)


@contextlib.contextmanager
def _new_file(target: Path, *, overwrite: bool) -> Iterator[BinaryIO]:
    path = target.with_name(f".{secrets.token_hex(8)}.part") if overwrite else target
    try:
        file = path.open("xb")
    except FileExistsError:
        raise _taken(target) from None
    try:
        with file:
            yield file
        path.replace(target)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


# ---------------------------------------------------------------- the way in


def _survey(top: Path, path: str) -> _Survey:
    directories: list[str] = []
    files: list[tuple[Path, str]] = []
    skipped: list[str] = []
    for at, below, names in os.walk(top, onerror=_raise):
        target = paths.join(path, *(_portable(part) for part in Path(at).relative_to(top).parts))
        directories.append(target)
        skipped += [str(Path(at, name)) for name in sorted(below) if Path(at, name).is_symlink()]
        for name in sorted(names):
            source = Path(at, name)
            if source.is_symlink() or not source.is_file():
                skipped.append(str(source))
            else:
                files.append((source, paths.join(target, _portable(name))))
    return directories, files, skipped


def _raise(error: OSError) -> None:
    raise error


def _check_room(fs: FileSystem, sources: list[Path]) -> None:
    """Refuse, before a byte is read, what can't fit."""
    sizes = {source: source.stat().st_size for source in sources}
    for source, size in sizes.items():
        if size > fs.limits.file_bytes:
            raise FileTooLarge(str(source), f"over the limit of {fs.limits.file_bytes} bytes")
    needed = sum(sizes.values())
    # What is replaced gives room back; a view doesn't count what it can't see. The writes themselves are exact.
    if needed > fs.limits.total_bytes:
        raise NoSpace(str(sources[0].parent), f"{needed} bytes, and the limit is {fs.limits.total_bytes}")


def _read_all(fs: FileSystem, files: list[tuple[Path, str]]) -> Iterator[tuple[str, bytes]]:
    """Read files of the host; they may have grown since they were measured."""
    room = fs.limits.total_bytes
    for source, path in files:
        with source.open("rb") as file:
            content = file.read(min(fs.limits.file_bytes, room) + 1)
        room -= len(content)
        if room < 0:
            raise NoSpace(path, f"more than the limit of {fs.limits.total_bytes} bytes in all")
        yield path, content


def _told(read: Iterable[tuple[str, bytes]], files: int, progress: Progress | None) -> Iterator[tuple[str, bytes]]:
    """The same files, while `progress` is told of them."""
    size = 0
    for done, (path, content) in enumerate(read, 1):
        yield path, content
        size += len(content)
        if progress is not None:
            progress(done, size, files)


def _portable(name: str) -> str:
    """A name of the host that a sandbox path can hold: a backslash would become a slash."""
    if "\\" in name:
        raise InvalidPath(name, "a name with a backslash can't be imported")
    return name


# ---------------------------------------------------------------- the way out


def _check_free(targets: Iterable[Path]) -> None:
    for target in targets:
        if os.path.lexists(target):
            raise _taken(target)


def _export_file(fs: FileSystem, path: str, target: Path, *, overwrite: bool) -> int:
    return write_host_file(target, [fs.read_bytes(path)], overwrite=overwrite)


def _taken(target: Path) -> AlreadyExists:
    return AlreadyExists(str(target), f"{_HERE}; --overwrite replaces it")
