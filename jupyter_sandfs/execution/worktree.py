"""What a view sees of a directory, as files of the host for a while; the way back is in `writeback`."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from jupyter_sandfs import paths
from jupyter_sandfs.errors import LimitExceeded, PathError, SandfsError
from jupyter_sandfs.vfs.entries import DirEntry
from jupyter_sandfs.vfs.interface import FileSystem, require_directory

Check = Callable[[], None]
"""Called once per step; raises when the work is to end."""


class Kind(Enum):
    """What a path of a tree is. Only the first two are written back."""

    FILE = "file"
    DIRECTORY = "directory"
    LINK = "a link"
    DYNAMIC = "a computed file"
    SPECIAL = "a link or a special file"


class Original(NamedTuple):
    """What a path was when the tree was made.

    Attributes:
        version: that the file had, at the latest; a change of it meanwhile is a conflict.
        digest: SHA-256 of its content.
    """

    kind: Kind
    version: int = 0
    size: int = 0
    digest: bytes = b""


class Found(NamedTuple):
    """What a path of the host's tree is afterwards."""

    kind: Kind
    size: int = 0


class Passed(NamedTuple):
    """A path that was passed over, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a tree may hold, on the way out and on the way back.

    Attributes:
        size: content of all files, in bytes.
        entries: files and directories.
    """

    size: int
    entries: int


@dataclass(slots=True)
class Report:
    """What did not make the way.

    Attributes:
        refused: changes that the file system refused.
        left_out: what can't be read, and what never comes back.
        kept: why what had been written could not be taken back, where that was so.
    """

    refused: list[Passed] = field(default_factory=list)
    left_out: list[Passed] = field(default_factory=list)
    kept: str = ""


@dataclass(slots=True)
class Manifest:
    """A tree that was made, by path relative to its top.

    Attributes:
        left_out: what can't be read.
    """

    originals: dict[str, Original] = field(default_factory=dict)
    left_out: list[Passed] = field(default_factory=list)
    size: int = 0


# ---------------------------------------------------------------- out


class Selection(NamedTuple):
    """What is seen of a directory: entries with their paths relative to it, each after what it is in."""

    entries: list[tuple[str, DirEntry]]
    size: int


def select(fs: FileSystem, path: str, bounds: Bounds, check: Check) -> Selection:
    """List all that is seen below the directory `path`, and measure it as far as it can be told.

    Raises:
        NotFound, NotADirectory: `path`.
        LimitExceeded: there is more than `bounds` allow.
    """
    require_directory(fs, path)
    entries: list[tuple[str, DirEntry]] = []
    size, pending = 0, [""]
    while pending:
        relative = pending.pop()
        for entry in fs.ls(paths.join(path, relative)):
            check()
            below = f"{relative}/{entry.name}" if relative else entry.name
            entries.append((below, entry))
            size += entry.stat.size
            if len(entries) > bounds.entries:
                raise LimitExceeded(f"{path} holds more than {bounds.entries} files and directories: name a part of it")
            if entry.is_dir:
                pending.append(below)
    _check_size(size, path, bounds)
    return Selection(entries, size)


def _check_size(size: int, path: str, bounds: Bounds) -> None:
    if size > bounds.size:
        raise LimitExceeded(f"{path} holds more than {bounds.size} bytes: name a part of it")


def materialise(
    fs: FileSystem, path: str, selection: Selection, target: Path, bounds: Bounds, check: Check
) -> Manifest:
    """Copy what was selected of `path` into the empty directory `target`.

    A link to a file becomes the file that it leads to; other links are left out.

    Raises:
        LimitExceeded: there is more than `bounds` allow, with what is computed and what links lead to.
    """
    manifest = Manifest()
    for below, entry in selection.entries:
        check()
        try:
            _make(fs, below, entry, target / below, manifest)
        except OSError as problem:
            if problem.errno != errno.ENAMETOOLONG:
                raise
            manifest.left_out.append(Passed(entry.path, "its path is too long for this machine"))
        _check_size(manifest.size, path, bounds)
    return manifest


def _make(fs: FileSystem, below: str, entry: DirEntry, target: Path, manifest: Manifest) -> None:
    if entry.is_dir:
        target.mkdir(mode=0o755)
        manifest.originals[below] = Original(Kind.DIRECTORY)
    else:
        _copy_out(fs, entry, below, target, manifest)


def _copy_out(fs: FileSystem, entry: DirEntry, below: str, target: Path, manifest: Manifest) -> None:
    try:
        if entry.stat.is_symlink and not fs.is_file(entry.path):
            return
        data = fs.read_bytes(entry.path)
    except (SandfsError, OSError) as problem:
        manifest.left_out.append(Passed(entry.path, reason(problem)))
        return
    stat = entry.stat
    _write_out(target, data, stat.mode if stat.is_file else 0o644, stat.modified_ns)
    kind = Kind.LINK if stat.is_symlink else Kind.DYNAMIC if stat.dynamic else Kind.FILE
    manifest.originals[below] = Original(kind, stat.version, len(data), digest(data))
    manifest.size += len(data)


def _write_out(target: Path, data: bytes, mode: int, modified_ns: int) -> None:
    descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, (mode & 0o755) | 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    os.utime(target, ns=(modified_ns, modified_ns))


def digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def reason(problem: BaseException) -> str:
    """Why something failed, without the path: it is told beside it."""
    if isinstance(problem, PathError) or (isinstance(problem, OSError) and problem.errno):
        detail = getattr(problem, "detail", None)
        words = os.strerror(problem.errno or 0)
        return f"{words} ({detail})" if detail else words
    return " ".join(str(problem).removeprefix(f"{getattr(problem, 'path', '')}: ").split())
