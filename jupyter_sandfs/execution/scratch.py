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

_PREFIX = "sandfs-host-"
_LOCK = "lock"
_SWEPT = 1000  # directories that one sweep looks at


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """Give a directory that only this user can enter; it is removed at the end of the `with` block."""
    _sweep_once()
    top = Path(tempfile.mkdtemp(prefix=_PREFIX))
    fresh = top / f"{_LOCK}.new"
    lock = os.open(fresh, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        _lock(lock)
        fresh.rename(top / _LOCK)  # seen by others only when it is held
        yield top
    finally:
        os.close(lock)
        discard(top)


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
    sweep(Path(tempfile.gettempdir()))


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
