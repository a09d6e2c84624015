"""Private directories of the host that are gone after use, whatever was put into them."""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 - a private directory is made in it
"""A file system in memory: making many small files on a disk takes much longer than running a command on them."""

_PREFIX = "sandfs-host-"
_ROOM = 4  # times the size of what is copied, and
_SPARE = 256 << 20  # bytes, that must be free in memory
_LOCK = "lock"
_SWEPT = 1000  # directories that one sweep looks at


@contextlib.contextmanager
def scratch(size: int = 0) -> Iterator[Path]:
    """Give a directory that only this user can enter; it is removed at the end of the `with` block.

    Args:
        size: bytes that will be put into it at first.
    """
    _sweep_once()
    top = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=MEMORY if _fits(MEMORY, size) else None))
    fresh = top / f"{_LOCK}.new"
    lock = os.open(fresh, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        _lock(lock)
        fresh.rename(top / _LOCK)  # seen by others only when it is held
        yield top
    finally:
        os.close(lock)
        discard(top)


def _fits(place: Path, size: int) -> bool:
    """Whether a place in memory may be written to, lets programs run, and has room to spare."""
    try:
        facts = os.statvfs(place)
    except OSError:
        return False
    free = facts.f_bavail * facts.f_frsize
    return os.access(place, os.W_OK | os.X_OK) and not facts.f_flag & os.ST_NOEXEC and free > _ROOM * size + _SPARE


def discard(top: Path) -> None:
    """Remove a directory with all that is in it; no link is followed.

    Directories are brought up to the top before they are emptied: neither their depth nor their permissions can stop
    this, and the paths stay short.
    """
    mark, moved = secrets.token_hex(8), itertools.count()
    pending = _emptied(top)
    while pending:
        directory = pending.pop()
        for each in _emptied(directory):
            pending.append(each.rename(top / f"{mark}-{next(moved)}"))
        directory.rmdir()
    top.rmdir()


def _emptied(directory: Path) -> list[Path]:
    """Remove what is no directory; give the rest."""
    below: list[Path] = []
    for entry in _entries(directory):
        if entry.is_dir(follow_symlinks=False):
            below.append(Path(entry.path))
            below[-1].chmod(0o700)
        else:
            Path(entry.path).unlink()
    return below


def _entries(directory: Path) -> list[os.DirEntry[str]]:
    with os.scandir(directory) as entries:
        return list(entries)


# ---------------------------------------------------------------- what others left behind


@functools.cache
def _sweep_once() -> None:
    for parent in (Path(tempfile.gettempdir()), MEMORY):
        sweep(parent)


def sweep(parent: Path) -> None:
    """Remove directories of processes that were killed: nobody holds their lock. Only this user's own are touched."""
    for top in sorted(parent.glob(f"{_PREFIX}*"))[:_SWEPT]:
        with contextlib.suppress(OSError):
            if top.is_symlink() or top.stat().st_uid != os.getuid():
                continue
            lock = os.open(top / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
            try:
                _lock(lock)
                discard(top)
            finally:
                os.close(lock)


def _lock(descriptor: int) -> None:
    """Take the lock. Raises OSError when somebody has it."""
    import fcntl  # noqa: PLC0415 - not on Windows, where there is no host command

    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
