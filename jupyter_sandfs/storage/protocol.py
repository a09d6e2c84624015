"""What a storage offers: entries by path.

Four methods are a storage (`get`, `set`, `delete`, `paths`); the others follow, and a backend that can do better
overrides them. `apply` is what a file system calls for each change: a backend with transactions makes it atomic.
`AsyncFileStorage` has the same names as coroutines; `StorageBridge` makes one usable here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable, Iterator
from types import TracebackType
from typing import Self

from jupyter_sandfs.storage.entry import FileEntry


class FileStorage(ABC):
    """Entries of one file system, keyed by their normal path.

    Attributes:
        grows: `apply` and `set` take entries whose `start` is not 0: `content` then comes after the first `start`
            bytes that are kept at the path, and what was kept beyond them is dropped; InvalidRequest if fewer are.
            Other storages are given whole contents, for an append too.
    """

    grows: bool = False

    @property
    def where(self) -> str:
        """Where the entries are, and how safe, for people; without passwords."""
        return "kept in its storage"

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
        return (path for path in self.paths_by_prefix(below(directory)) if is_child(path, directory))

    def items(self) -> Iterator[FileEntry]:
        """All entries, in the order of their paths: parents come first."""
        for path in self.paths():
            if (entry := self.get(path)) is not None:
                yield entry

    def count(self) -> int:
        return sum(1 for _ in self.paths())

    def clear(self) -> None:
        self.apply((), list(self.paths()))

    def set_many(self, entries: Iterable[FileEntry]) -> None:
        self.apply(entries, ())

    def apply(self, sets: Iterable[FileEntry], deletes: Iterable[str]) -> None:
        """Carry out one change of the file system: first the deletes, then the sets."""
        for path in deletes:
            self.delete(path)
        for entry in sets:
            self.set(entry)

    def flush(self) -> None:  # noqa: B027  # most have nothing to do
        """Return when all that was handed over is kept. Most storages keep it before `apply` returns."""

    def close(self) -> None:  # noqa: B027  # most have nothing to do
        """Flush, and let go of files and connections."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncFileStorage(ABC):
    """As `FileStorage`, with coroutines.

    What lists paths gives a list, and `items` is for `async for`.
    """

    grows: bool = False

    @property
    def where(self) -> str:
        """Where the entries are, and how safe, for people; without passwords."""
        return "kept in its storage"

    @abstractmethod
    async def get(self, path: str) -> FileEntry | None:
        """The entry at `path`, or None."""

    @abstractmethod
    async def set(self, entry: FileEntry) -> None:
        """Keep an entry under its path, in place of any other."""

    @abstractmethod
    async def delete(self, path: str) -> bool:
        """Drop the entry at `path`; says whether there was one."""

    @abstractmethod
    async def paths(self) -> list[str]:
        """All paths, in order."""

    async def exists(self, path: str) -> bool:
        return await self.get(path) is not None

    async def paths_by_prefix(self, prefix: str) -> list[str]:
        """The paths that start with a string, in order."""
        return [path for path in await self.paths() if path.startswith(prefix)]

    async def children(self, directory: str) -> list[str]:
        """The paths right below a directory, in order."""
        return [path for path in await self.paths_by_prefix(below(directory)) if is_child(path, directory)]

    async def items(self) -> AsyncIterator[FileEntry]:
        """All entries, in the order of their paths: parents come first."""
        for path in await self.paths():
            if (entry := await self.get(path)) is not None:
                yield entry

    async def count(self) -> int:
        return len(await self.paths())

    async def clear(self) -> None:
        await self.apply((), await self.paths())

    async def set_many(self, entries: Iterable[FileEntry]) -> None:
        await self.apply(entries, ())

    async def apply(self, sets: Iterable[FileEntry], deletes: Iterable[str]) -> None:
        """Carry out one change of the file system: first the deletes, then the sets."""
        for path in deletes:
            await self.delete(path)
        for entry in sets:
            await self.set(entry)

    async def flush(self) -> None:  # noqa: B027  # most have nothing to do
        """Return when all that was handed over is kept."""

    async def close(self) -> None:  # noqa: B027  # most have nothing to do
        """Flush, and let go of files and connections."""


def below(directory: str) -> str:
    """What the paths in a directory start with."""
    return directory.rstrip("/") + "/"


def is_child(path: str, directory: str) -> bool:
    """Say whether a path that starts with `below(directory)` is right below it."""
    return path != "/" and "/" not in path[len(below(directory)) :]
