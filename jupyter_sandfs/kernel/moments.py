"""The moments after cells, so that the history can go back to them.

A snapshot costs the same whatever the tree holds, but it keeps what was overwritten since. So few are kept, and fewer
where cells overwrite much.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import NamedTuple
from weakref import WeakKeyDictionary

from jupyter_sandfs.errors import PathError
from jupyter_sandfs.vfs.actions import ChangeKind
from jupyter_sandfs.vfs.history import Snapshot
from jupyter_sandfs.vfs.interface import FileSystem

MAX_CELLS = 50
MAX_KEPT_BYTES = 256 << 20  # of contents that only the moments still hold
_RECORDS = 1_000  # of one cell that are weighed one by one


class CellMoment(NamedTuple):
    """How the files were when a cell had run.

    Attributes:
        weight: bytes that changed or went in the cell: the moment before it keeps them.
    """

    cell: int
    snapshot: Snapshot
    weight: int


class Cells:
    """The moments after the cells that changed something, oldest first; of any number of file systems. Thread-safe."""

    def __init__(self) -> None:
        self._moments: WeakKeyDictionary[FileSystem, deque[CellMoment]] = WeakKeyDictionary()
        self._seen: WeakKeyDictionary[FileSystem, int] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def note(self, fs: FileSystem, cell: int) -> None:
        """Remember how the files are after cell `[cell]`, if it changed any."""
        last = fs.log(1)
        sequence = last[0].sequence if last else 0
        with self._lock:
            since = self._seen.get(fs, 0)
            if sequence == since:
                return
            self._seen[fs] = sequence
            moments = self._moments.setdefault(fs, deque(maxlen=MAX_CELLS))
            weight = _weight(fs, moments[-1].snapshot, sequence - since) if moments else 0
            moments.append(CellMoment(cell, fs.snapshot(), weight))
            _lighten(moments)

    def of(self, fs: FileSystem) -> list[CellMoment]:
        """The moments of a file system."""
        with self._lock:
            return list(self._moments.get(fs, ()))


CELLS = Cells()


def _weight(fs: FileSystem, before: Snapshot, changes: int) -> int:
    """Bytes that were there before and were changed since; all of them where that takes too long to tell."""
    if changes > _RECORDS:
        return before.stats.total_size
    then = fs.at(before)
    gone = {each.source or each.path for each in fs.log(changes) if each.kind is not ChangeKind.ADDED}
    weight = 0
    for path in gone:
        try:
            found = then.stat(path, follow=False)
        except PathError:  # it came in this very cell
            continue
        weight += before.stats.total_size if found.is_dir else found.size
    return min(weight, before.stats.total_size)


def _lighten(moments: deque[CellMoment]) -> None:
    """Forget the oldest until what is kept is little enough. What the oldest one changed is kept by none."""
    while len(moments) > 1 and sum(each.weight for each in list(moments)[1:]) > MAX_KEPT_BYTES:
        moments.popleft()
