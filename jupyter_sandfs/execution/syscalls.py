"""What a snippet asks of its operating system, answered by a file system.

The interpreter asks by name; the table at the end says who answers. Anything that is not in it does not exist for the
snippet. Errors are told with the builtin class and the words that CPython has for them.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from jupyter_sandfs import paths
from jupyter_sandfs.errors import (
    FileTooLarge,
    IsADirectory,
    LimitExceeded,
    NotADirectory,
    NotEmpty,
    NotFound,
    SandfsError,
)
from jupyter_sandfs.vfs.entries import DirEntry
from jupyter_sandfs.vfs.interface import FileSystem, require_file

if TYPE_CHECKING:
    from pydantic_monty import MontyFileHandle, ScanEntry, StatResult

STDIN = "/dev/stdin"

_SCANNED = 100_000  # entries in the answer to one walk or glob
_LINKED_DEPTH = 64  # levels that a walk goes down through links, which may lead in circles
_RANDOM_BYTES = 1 << 20
_BILLION = 1_000_000_000
_BUILTIN = (FileNotFoundError, FileExistsError, IsADirectoryError, NotADirectoryError, PermissionError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the answers are made from.

    Attributes:
        stdin: what `/dev/stdin` holds.
        sleep: waits for so many seconds, or until the snippet is stopped.
        largest: bytes of a file that may be read; more than the snippet has room for need not be sent.
    """

    fs: FileSystem
    env: Mapping[str, str]
    stdin: bytes
    sleep: Callable[[float], object]
    largest: int


def translate(problem: Exception) -> Exception:
    """The exception that a snippet gets for one of ours.

    The interpreter knows only builtin classes, and of their arguments only a text.
    """
    if isinstance(problem, OSError) and problem.errno:
        words = f"[Errno {problem.errno}] {os.strerror(problem.errno)}: {problem.filename!r}"
        return next((kind for kind in _BUILTIN if isinstance(problem, kind)), OSError)(words)
    return OSError(str(problem)) if isinstance(problem, SandfsError) else problem


# ---------------------------------------------------------------- questions


def _exists(desk: Desk, path: PurePosixPath) -> bool:
    return desk.fs.exists(str(path))


def _is_file(desk: Desk, path: PurePosixPath) -> bool:
    return desk.fs.is_file(str(path))


def _is_dir(desk: Desk, path: PurePosixPath) -> bool:
    return desk.fs.is_dir(str(path))


def _is_symlink(desk: Desk, path: PurePosixPath) -> bool:
    return desk.fs.is_symlink(str(path))


def _stat(desk: Desk, path: PurePosixPath) -> StatResult:
    from pydantic_monty import StatResult  # noqa: PLC0415 - loaded already by the snippet that asks

    facts = desk.fs.stat(str(path))
    modified = facts.modified_ns / _BILLION
    if facts.is_dir:
        return StatResult.dir_stat(stat.S_IFDIR | facts.mode, modified)
    return StatResult.file_stat(facts.size, stat.S_IFREG | facts.mode, modified)


def _resolve(desk: Desk, path: PurePosixPath) -> str:
    return desk.fs.resolve(str(path))


def _absolute(_desk: Desk, path: PurePosixPath) -> str:
    return str(path)


def _iterdir(desk: Desk, path: PurePosixPath) -> list[PurePosixPath]:
    return [path / entry.name for entry in desk.fs.ls(str(path))]


def _scan(
    desk: Desk, path: PurePosixPath, *, max_depth: int | None, follow_symlinks: bool, **_hints: Any
) -> list[ScanEntry]:
    """Describe a directory and what is in it, down to `max_depth` levels; paths are relative to it."""
    top = paths.normalize(str(path))
    found = [_scan_entry(desk.fs, "", DirEntry("", top, desk.fs.stat(top, follow=False)))]
    limit = _LINKED_DEPTH if follow_symlinks and max_depth is None else max_depth
    pending = [("", 0)] if found[0].is_dir else []
    while pending:
        relative, depth = pending.pop()
        if limit is not None and depth >= limit:
            continue
        for name, entry in _children(desk.fs, top, relative):
            row = _scan_entry(desk.fs, name, entry)
            found.append(row)
            if len(found) > _SCANNED:
                raise LimitExceeded(f"{top}: more than {_SCANNED} entries to walk through")
            if row.is_dir and (follow_symlinks or not row.is_symlink):
                pending.append((name, depth + 1))
    return found


def _children(fs: FileSystem, top: str, relative: str) -> Iterator[tuple[str, DirEntry]]:
    try:
        entries = fs.ls(paths.join(top, relative))
    except OSError:
        if not relative:
            raise
        return  # went away, or may not be listed: os.walk passes over it, too
    for entry in entries:
        yield f"{relative}/{entry.name}" if relative else entry.name, entry


def _scan_entry(fs: FileSystem, relative: str, entry: DirEntry) -> ScanEntry:
    from pydantic_monty import ScanEntry  # noqa: PLC0415 - loaded already by the snippet that asks

    if entry.stat.is_symlink:
        return ScanEntry(relative, fs.is_dir(entry.path), fs.is_file(entry.path), is_symlink=True)
    return ScanEntry(relative, entry.stat.is_dir, entry.stat.is_file, is_symlink=False)


# ---------------------------------------------------------------- reading and writing


def _open(desk: Desk, path: PurePosixPath, mode: str) -> MontyFileHandle:
    from pydantic_monty import MontyFileHandle  # noqa: PLC0415 - loaded already by the snippet that asks

    name = str(path)
    if "r" in mode:
        if not _is_stdin(desk, name):
            require_file(desk.fs, name)
    elif "w" in mode or not desk.fs.exists(name):
        _put(desk, name, b"", append="a" in mode)
    else:
        require_file(desk.fs, name)
    return MontyFileHandle(name, mode)


def _read_bytes(desk: Desk, path: PurePosixPath | MontyFileHandle) -> bytes:
    name = _name(path)
    if _is_stdin(desk, name):
        return desk.stdin
    if desk.fs.stat(name).size > desk.largest:
        raise FileTooLarge(name)
    return desk.fs.read_bytes(name)


def _read_text(desk: Desk, path: PurePosixPath | MontyFileHandle) -> str:
    return _read_bytes(desk, path).decode()


def _write_bytes(desk: Desk, path: PurePosixPath | MontyFileHandle, data: bytes) -> int:
    return _put(desk, _name(path), data)


def _write_text(desk: Desk, path: PurePosixPath | MontyFileHandle, data: str) -> int:
    _put(desk, _name(path), data.encode())
    return len(data)


def _append_bytes(desk: Desk, path: PurePosixPath | MontyFileHandle, data: bytes) -> int:
    return _put(desk, _name(path), data, append=True)


def _append_text(desk: Desk, path: PurePosixPath | MontyFileHandle, data: str) -> int:
    _put(desk, _name(path), data.encode(), append=True)
    return len(data)


def _put(desk: Desk, name: str, data: bytes, *, append: bool = False) -> int:
    """Write where a directory is: the file system would make missing parents, Python must not."""
    target = desk.fs.resolve(name)
    _require_parent(desk.fs, target)
    desk.fs.write_bytes(target, data, append=append)
    return len(data)


def _require_parent(fs: FileSystem, path: str) -> None:
    """Blame `path` itself when its directory is not there, as the operating system does."""
    parent = paths.parent(path)
    if not fs.is_dir(parent):
        raise (NotADirectory if fs.exists(parent) else NotFound)(path)


def _name(path: PurePosixPath | MontyFileHandle) -> str:
    return str(path) if isinstance(path, PurePosixPath) else path.path


def _is_stdin(desk: Desk, name: str) -> bool:
    return name == STDIN and not desk.fs.exists(name)


# ---------------------------------------------------------------- names


def _mkdir(desk: Desk, path: PurePosixPath, *, parents: bool = False, exist_ok: bool = False) -> None:
    desk.fs.mkdir(str(path), parents=parents, exist_ok=exist_ok)


def _unlink(desk: Desk, path: PurePosixPath) -> None:
    if desk.fs.stat(str(path), follow=False).is_dir:
        raise IsADirectory(str(path))
    desk.fs.remove(str(path))


def _rmdir(desk: Desk, path: PurePosixPath) -> None:
    if not desk.fs.stat(str(path), follow=False).is_dir:
        raise NotADirectory(str(path))
    desk.fs.remove(str(path))


def _rename(desk: Desk, path: PurePosixPath, target: PurePosixPath) -> None:
    source, destination = str(path), str(target)
    _require_parent(desk.fs, destination)
    if desk.fs.is_dir(destination) and desk.fs.listdir(destination) and destination != source:
        raise NotEmpty(destination)
    desk.fs.move(source, destination, overwrite=True)


# ---------------------------------------------------------------- the rest of the machine


def _environ(desk: Desk) -> dict[str, str]:
    return dict(desk.env)


def _sleep(desk: Desk, seconds: float) -> None:
    desk.sleep(seconds)


def _urandom(_desk: Desk, size: int) -> bytes:
    if size > _RANDOM_BYTES:
        raise LimitExceeded(f"more than {_RANDOM_BYTES} random bytes at once")
    return secrets.token_bytes(size)


SYSCALLS: Mapping[str, Callable[..., Any]] = {
    "Path.exists": _exists,
    "Path.is_file": _is_file,
    "Path.is_dir": _is_dir,
    "Path.is_symlink": _is_symlink,
    "Path.stat": _stat,
    "Path.resolve": _resolve,
    "Path.absolute": _absolute,
    "Path.iterdir": _iterdir,
    "Path.scan": _scan,
    "open": _open,
    "Path.read_text": _read_text,
    "Path.read_bytes": _read_bytes,
    "Path.write_text": _write_text,
    "Path.write_bytes": _write_bytes,
    "Path.append_text": _append_text,
    "Path.append_bytes": _append_bytes,
    "Path.mkdir": _mkdir,
    "Path.unlink": _unlink,
    "Path.rmdir": _rmdir,
    "Path.rename": _rename,
    "os.environ": _environ,
    "os.urandom": _urandom,
    "time.sleep": _sleep,
    "asyncio.sleep": _sleep,
}
"""Who answers what. None of these takes a value of the snippet's own making: turned into objects of this process, a
list that holds one list many times over would grow without bound. That is why `os.getenv`, which takes a default, is
not among them."""
