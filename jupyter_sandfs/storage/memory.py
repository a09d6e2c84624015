"""Entries in a dictionary: the reference for the contract, and a stand-in for tests."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator

from jupyter_sandfs.storage.entry import FileEntry
from jupyter_sandfs.storage.protocol import FileStorage


class MemoryFileStorage(FileStorage):
    """Keeps entries for as long as the object lives; `apply` is atomic."""

    def __init__(self) -> None:
        self._entries: dict[str, FileEntry] = {}
        self._lock = threading.Lock()

    def get(self, path: str) -> FileEntry | None:
        return self._entries.get(path)

    def set(self, entry: FileEntry) -> None:
        self._entries[entry.path] = entry

    def delete(self, path: str) -> bool:
        return self._entries.pop(path, None) is not None

    def paths(self) -> Iterator[str]:
        return iter(sorted(self._entries))

    def apply(self, sets: Iterable[FileEntry], deletes: Iterable[str]) -> None:
        with self._lock:
            entries = dict(self._entries)
            for path in deletes:
                entries.pop(path, None)
            entries.update((entry.path, entry) for entry in sets)
            self._entries = entries
