"""What a file was when somebody asked to remember it: one checkpoint a file, as Jupyter keeps it.

They live beside the sandbox and not in it: no listing shows them, no quota counts them, no snapshot holds them. A
content is the very bytes object of the tree, so a checkpoint costs nothing until the file changes.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from jupyter_sandfs import paths
from jupyter_sandfs.errors import FileTooLarge, NotFound
from jupyter_sandfs.rpc.entries import rfc3339
from jupyter_sandfs.rpc.operations import Body, Handler
from jupyter_sandfs.vfs.interface import FileSystem

MOST_FILES = 1000
MOST_BYTES = 64 << 20
ONLY = "checkpoint"  # the id of the one checkpoint that a file has


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One content of one file, and when it was remembered."""

    path: str
    content: bytes
    made_at: datetime

    def document(self) -> dict[str, str]:
        return {"id": ONLY, "lastModified": rfc3339(self.made_at)}


class Checkpoints:
    """The checkpoints of all files, each file system (and each view) for itself. Thread-safe.

    The oldest go when there are more than `MOST_FILES`, or `MOST_BYTES` together, of one file system.

    Args:
        now: the time, with its zone.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._kept: WeakKeyDictionary[FileSystem, OrderedDict[str, Checkpoint]] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def make(self, fs: FileSystem, path: str) -> Checkpoint:
        """Remember a file as it is. Raises FileTooLarge, and what reading it raises."""
        made = Checkpoint(paths.normalize(path), fs.read_bytes(path), self._now())
        if len(made.content) > MOST_BYTES:
            raise FileTooLarge(made.path, f"checkpoints hold at most {MOST_BYTES} bytes")
        with self._lock:
            kept = self._kept.setdefault(fs, OrderedDict())
            kept[made.path] = made
            kept.move_to_end(made.path)
            _drop_oldest(kept)
        return made

    def find(self, fs: FileSystem, path: str) -> Checkpoint | None:
        """The checkpoint of a file; None also for a file that is not there to be seen."""
        if not fs.is_file(path):
            return None
        with self._lock:
            return self._kept.get(fs, OrderedDict()).get(paths.normalize(path))

    def restore(self, fs: FileSystem, path: str) -> None:
        """Write what was remembered. Raises NotFound, and what writing raises."""
        found = self.find(fs, path)
        if found is None:
            raise NotFound(paths.normalize(path), "it has no checkpoint")
        fs.write_bytes(path, found.content)

    def forget(self, fs: FileSystem, path: str) -> None:
        """Drop those of a file or of all in a directory; where there are none, that is no error."""
        with self._lock:
            for each in self._within(fs, path):
                del self._kept[fs][each]

    def move(self, fs: FileSystem, source: str, destination: str) -> None:
        """Let those of a file, or of all in a directory, go with it to where it was moved."""
        top = paths.normalize(source)
        with self._lock:
            for each in self._within(fs, top):
                moved = paths.normalize(destination) + each[len(top) :]
                self._kept[fs][moved] = replace(self._kept[fs].pop(each), path=moved)

    def _within(self, fs: FileSystem, path: str) -> list[str]:
        return [each for each in self._kept.get(fs, ()) if paths.is_within(each, path)]


def checkpoint_operations(checkpoints: Checkpoints) -> dict[str, Handler]:
    """The operations on checkpoints, on one table of them."""

    def make(fs: FileSystem, _body: Body, path: str) -> dict[str, str]:
        return checkpoints.make(fs, path).document()

    def found(fs: FileSystem, _body: Body, path: str) -> list[dict[str, str]]:
        checkpoint = checkpoints.find(fs, path)
        return [checkpoint.document()] if checkpoint else []

    def restore(fs: FileSystem, _body: Body, path: str) -> dict[str, Any]:
        checkpoints.restore(fs, path)
        return {}

    def forget(fs: FileSystem, _body: Body, path: str) -> dict[str, Any]:
        checkpoints.forget(fs, path)
        return {}

    def move(fs: FileSystem, _body: Body, from_: str, to: str) -> dict[str, Any]:
        checkpoints.move(fs, from_, to)
        return {}

    return {
        "checkpoint_make": make,
        "checkpoints": found,
        "checkpoint_restore": restore,
        "checkpoint_forget": forget,
        "checkpoint_move": move,
    }


def _drop_oldest(kept: OrderedDict[str, Checkpoint]) -> None:
    total = sum(len(each.content) for each in kept.values())
    while len(kept) > MOST_FILES or total > MOST_BYTES:
        _, dropped = kept.popitem(last=False)
        total -= len(dropped.content)
