"""Entries in a dictionary: the reference for the contract, and a stand-in for tests."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator

from jupyter_sandfs.storage.entry import FileEntry
from jupyter_sandfs.storage.serial import SerializableFileStorage


class MemoryFileStorage(SerializableFileStorage):
    """Keeps entries for as long as the object lives; `apply` is atomic."""

    def __init__(self) -> None:
        self._entries: dict[str, FileEntry] = {}
        self._lock = threading.Lock()

    @property
    def where(self) -> str:
        return "kept in a storage in memory: lost when the kernel restarts"

    def get(self, path: str) -> FileEntry | None:
        return self._entries.get(path)

    def set(self, entry: FileEntry) -> None:
        with self._lock:
            self._entries[entry.path] = entry

    def delete(self, path: str) -> bool:
        with self._lock:
            return self._entries.pop(path, None) is not None

    def paths(self) -> Iterator[str]:
        return iter(sorted(self._entries))

    def apply(self, sets: Iterable[FileEntry], deletes: Iterable[str]) -> None:
        gone, new = list(deletes), {entry.path: entry for entry in sets}  # whatever can fail, fails here
        with self._lock:
            for path in gone:
                self._entries.pop(path, None)
            self._entries.update(new)
