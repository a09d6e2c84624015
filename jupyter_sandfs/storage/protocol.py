"""What a storage offers: entries by path.

Four methods are a storage (`get`, `set`, `delete`, `paths`); the others follow, and a backend that can do better
overrides them. `apply` is what a file system calls for each change: a backend with transactions makes it atomic.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator

from jupyter_sandfs.storage.entry import FileEntry


class FileStorage(ABC):
    """Entries of one file system, keyed by their normal path."""

    @abstractmethod
    def get(self, path: str) -> FileEntry | None:
        """The entry at `path`, or None."""

    @abstractmethod
    def set(self, entry: FileEntry) -> None:
        """Keep an entry under its path, in place of any other."""

    @abstractmethod
    def delete(self, path: str) -> bool:
        """Drop the entry at `path`; says whether there was one."""

    @abstractmethod
    def paths(self) -> Iterator[str]:
        """All paths, in order."""

    def exists(self, path: str) -> bool:
        return self.get(path) is not None

    def paths_by_prefix(self, prefix: str) -> Iterator[str]:
        """The paths that start with a string, in order."""
        return (path for path in self.paths() if path.startswith(prefix))

    def children(self, directory: str) -> Iterator[str]:
        """The paths right below a directory, in order."""
        base = directory.rstrip("/") + "/"
        return (path for path in self.paths_by_prefix(base) if path != "/" and "/" not in path[len(base) :])

    def items(self) -> Iterator[FileEntry]:
        """All entries, in the order of their paths: parents come first."""
        for path in self.paths():
            if (entry := self.get(path)) is not None:
                yield entry

    def count(self) -> int:
        return sum(1 for _ in self.paths())

    def clear(self) -> None:
        for path in list(self.paths()):
            self.delete(path)

    def set_many(self, entries: Iterable[FileEntry]) -> None:
        self.apply(entries, ())

    def apply(self, sets: Iterable[FileEntry], deletes: Iterable[str]) -> None:
        """Carry out one change of the file system: first the deletes, then the sets."""
        for path in deletes:
            self.delete(path)
        for entry in sets:
            self.set(entry)
