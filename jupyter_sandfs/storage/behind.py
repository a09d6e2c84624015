"""Writing in the background: a change is acknowledged in memory, and kept by a thread that batches what has come.

Each batch is one `apply` of the storage behind, so that what it keeps is always a moment that was: all changes up to
some point, and none after it. `flush` waits for the last one.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
import weakref
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from jupyter_sandfs.errors import InvalidRequest, StorageError
from jupyter_sandfs.storage.entry import FileEntry
from jupyter_sandfs.storage.protocol import FileStorage

_log = logging.getLogger(__name__)

_NODE_BYTES = 512  # what an entry costs in memory beside its content, roughly
_EXIT_SECONDS = 10.0  # that the end of the process waits for what is not kept yet


class WriteBehind(FileStorage):
    """A storage that answers at once and writes later.

    What a write in the background raises is raised by every change after it, until the storage has caught up; each of
    these calls makes it try again, and so does `flush`.

    Args:
        storage: where to write; it is closed with this one.
        max_bytes: what may wait in memory. A change that comes on top waits until there is room; a single larger one
            is taken when nothing else waits.

    Raises:
        StorageError: what was acknowledged earlier could not be written; StorageLocked if another kernel wrote.
    """

    def __init__(self, storage: FileStorage, *, max_bytes: int = 64 << 20) -> None:
        self._storage = storage
        self.grows = storage.grows
        self._writer = _Writer(storage, max_bytes)
        self._stopper = weakref.finalize(self, self._writer.stop)

    @property
    def where(self) -> str:
        failure = self._writer.failure
        state = f"NOT since {failure}" if failure else "in the background, Sandbox.flush() waits for it"
        return f"{self._storage.where}: {state}"

    def get(self, path: str) -> FileEntry | None:
        return self._kept().get(path)

    def set(self, entry: FileEntry) -> None:
        self.apply([entry], ())

    def delete(self, path: str) -> bool:
        found = self.exists(path)
        self.apply((), [path])
        return found

    def exists(self, path: str) -> bool:
        return self._kept().exists(path)

    def paths(self) -> Iterator[str]:
        return self._kept().paths()

    def paths_by_prefix(self, prefix: str) -> Iterator[str]:
        return self._kept().paths_by_prefix(prefix)

    def children(self, directory: str) -> Iterator[str]:
        return self._kept().children(directory)

    def items(self) -> Iterator[FileEntry]:
        return self._kept().items()

    def count(self) -> int:
        return self._kept().count()

    def clear(self) -> None:
        self.apply((), list(self.paths()))

    def set_many(self, entries: Iterable[FileEntry]) -> None:
        self.apply(entries, ())

    def apply(self, sets: Iterable[FileEntry], deletes: Iterable[str]) -> None:
        self._writer.accept(list(sets), list(deletes))

    def flush(self) -> None:
        """Return when the storage behind keeps all that was acknowledged, or raise why it does not."""
        self._writer.flush()

    def close(self) -> None:
        """Flush, and close the storage behind, also if that fails; a second time does nothing."""
        if self._writer.stopping:
            return
        try:
            self.flush()
        finally:
            self._stopper()
            self._writer.join()

    def _kept(self) -> FileStorage:
        self.flush()
        return self._storage


# ---------------------------------------------------------------- what waits


@dataclass(slots=True)
class _Held:
    """The newest state of a path; its content is `parts`, after the first `entry.start` bytes that are kept."""

    entry: FileEntry
    parts: list[bytes]
    size: int

    @classmethod
    def of(cls, entry: FileEntry) -> _Held:
        return cls(entry, [entry.content], len(entry.content))

    def follow(self, later: _Held) -> _Held:
        """The state after `later`, which may extend this one; this one is used up."""
        room = later.entry.start - self.entry.start
        if later.entry.start == 0 or room < 0:
            return later
        if room > self.size:
            raise InvalidRequest(f"{later.entry.path}: {later.entry.start} bytes are not what is kept")
        parts = self.parts if room == self.size else [b"".join(self.parts)[:room]]
        parts += later.parts
        return _Held(replace(later.entry, start=self.entry.start, content=b""), parts, room + later.size)

    def joined(self) -> FileEntry:
        return self.entry if len(self.parts) == 1 else replace(self.entry, content=b"".join(self.parts))


class _Backlog:
    """Changes that wait, path by path: what comes later takes the place of what came before."""

    def __init__(self) -> None:
        self._held: dict[str, _Held | None] = {}  # None: to be deleted
        self.size = 0

    def __bool__(self) -> bool:
        return bool(self._held)

    def add(self, path: str, later: _Held | None) -> None:
        """Take a state into account. Raises InvalidRequest, and changes nothing, if it extends what is not there."""
        before = self._held.get(path)
        if later is not None and later.entry.start and path in self._held:
            if before is None:
                raise InvalidRequest(f"{path}: {later.entry.start} bytes are not what is kept")
            later = before.follow(later)
        self.size += _cost(later) - (_cost(before) if path in self._held else 0)
        self._held[path] = later

    def growth(self, later: _Backlog) -> int:
        """Bytes that this grows by when it absorbs another one; fewer than 0 if it shrinks."""
        return later.size - sum(self._replaced(path, held) for path, held in later._held.items() if path in self._held)

    def _replaced(self, path: str, later: _Held | None) -> int:
        return _NODE_BYTES if later is not None and later.entry.start else _cost(self._held[path])

    def absorb(self, later: _Backlog) -> None:
        """Add all that another one holds, which came after this."""
        for path, held in later._held.items():
            self.add(path, held)

    def change(self) -> tuple[list[FileEntry], list[str]]:
        """The arguments of one `apply` that does it all."""
        sets = [held.joined() for held in self._held.values() if held is not None]
        return sets, [path for path, held in self._held.items() if held is None]


def _cost(held: _Held | None) -> int:
    return _NODE_BYTES + (held.size if held else 0)


# ---------------------------------------------------------------- the thread


class _Writer:
    """Takes changes in, and writes them in a thread.

    It knows nothing of the `WriteBehind` that it serves, so that one which nobody holds any more is collected, and
    stops it.
    """

    def __init__(self, storage: FileStorage, max_bytes: int) -> None:
        self._storage = storage
        self._max_bytes = max_bytes
        self._changed = threading.Condition()
        self._waiting = _Backlog()
        self._writing = _Backlog()
        self.failure: BaseException | None = None
        self._again = False  # try once more, although it failed
        self._owner = os.getpid()
        self.stopping = False
        self._thread = threading.Thread(target=self._run, name="sandfs-write-behind", daemon=True)
        self._thread.start()
        # Later ones run first: what waits is written before the storage behind is told that the process ends.
        atexit.register(self._end)

    def accept(self, sets: list[FileEntry], deletes: list[str]) -> None:
        """Take a change in, when there is room for it."""
        change = _Backlog()
        for path in deletes:
            change.add(path, None)
        for entry in sets:
            change.add(entry.path, _Held.of(entry))
        with self._changed:
            self._check_usable()
            self._changed.wait_for(lambda: self.failure or self.stopping or self._has_room(change))
            self._check_usable()
            if self.failure is not None:
                self._try_again()
                raise _told(self.failure)
            self._waiting.absorb(change)
            self._changed.notify_all()

    def flush(self) -> None:
        """Return when nothing waits. Raises what stands in the way."""
        with self._changed:
            self._check_usable()
            self._try_again()
            self._changed.wait_for(lambda: self._is_idle() or self._has_failed())
            if self.failure is not None:
                raise _told(self.failure)

    def stop(self) -> None:
        """Let the thread write what waits, close the storage and end; returns at once."""
        with self._changed:
            self.stopping = True
            self._changed.notify_all()

    def join(self, seconds: float | None = None) -> None:
        """Wait for the end of the thread."""
        if self._owner == os.getpid():  # the thread of a forked process's parent is not there
            self._thread.join(seconds)

    def _end(self) -> None:
        self.stop()
        self.join(_EXIT_SECONDS)

    def _check_usable(self) -> None:
        if self._owner != os.getpid():
            raise StorageError(f"the storage was opened by process {self._owner}, of which this one is a fork")
        if self.stopping:
            raise StorageError("the storage is closed")

    def _has_room(self, change: _Backlog) -> bool:
        waiting = self._waiting.size + self._writing.size
        return waiting == 0 or waiting + self._waiting.growth(change) <= self._max_bytes

    def _is_idle(self) -> bool:
        return not (self._waiting or self._writing)

    def _has_failed(self) -> bool:
        return self.failure is not None and not self._again and not self._writing

    def _try_again(self) -> None:
        self._again = self.failure is not None and not self._writing
        self._changed.notify_all()

    def _is_called(self) -> bool:
        return self.stopping or self._again or (bool(self._waiting) and self.failure is None)

    def _run(self) -> None:
        while self._take():
            try:
                self._storage.apply(*self._writing.change())
            except BaseException as error:  # noqa: BLE001  # kept, and raised by the next call
                self._finish(error)
            else:
                self._finish(None)
        if self.failure is not None:
            _log.error("the storage was closed before it had kept all changes: %s", self.failure)
        try:
            self._storage.close()
        except Exception:  # noqa: BLE001  # the thread ends here: nobody else could tell
            _log.exception("the storage could not be closed")
        atexit.unregister(self._end)

    def _take(self) -> bool:
        """Wait for work and take it all; False when it is time to end."""
        with self._changed:
            self._changed.wait_for(self._is_called)
            if self.stopping and (not self._waiting or self.failure is not None):
                return False
            self._writing, self._waiting, self._again = self._waiting, _Backlog(), False
            return True

    def _finish(self, failure: BaseException | None) -> None:
        with self._changed:
            if failure is not None:
                self._writing.absorb(self._waiting)
                self._waiting = self._writing
            self._writing, self.failure = _Backlog(), failure
            self._changed.notify_all()


def _told(failure: BaseException) -> StorageError:
    kind = type(failure) if isinstance(failure, StorageError) else StorageError
    error = kind(f"changes are not kept, of this and earlier calls: {failure or type(failure).__name__}")
    error.__cause__ = failure
    return error
