"""From coroutines to plain calls: an `AsyncFileStorage` behind a file system, which knows no event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator
from typing import Any, TypeVar

from jupyter_sandfs.errors import InvalidRequest, StorageError
from jupyter_sandfs.storage.entry import FileEntry
from jupyter_sandfs.storage.protocol import AsyncFileStorage, FileStorage

T = TypeVar("T")

_PAGE = 64  # entries that cross between the threads at a time


class StorageBridge(FileStorage):
    """Runs an asynchronous storage on an event loop in a thread of its own.

    Args:
        storage: used on that loop only, and closed with the bridge.
    """

    def __init__(self, storage: AsyncFileStorage) -> None:
        self._storage = storage
        self.grows = storage.grows
        self._loop = asyncio.new_event_loop()
        self._closed = threading.Lock()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sandfs-storage", daemon=True)
        self._thread.start()

    @property
    def where(self) -> str:
        return self._storage.where

    def get(self, path: str) -> FileEntry | None:
        return self._wait(self._storage.get(path))

    def set(self, entry: FileEntry) -> None:
        self._wait(self._storage.set(entry))

    def delete(self, path: str) -> bool:
        return self._wait(self._storage.delete(path))

    def exists(self, path: str) -> bool:
        return self._wait(self._storage.exists(path))

    def paths(self) -> Iterator[str]:
        return iter(self._wait(self._storage.paths()))

    def paths_by_prefix(self, prefix: str) -> Iterator[str]:
        return iter(self._wait(self._storage.paths_by_prefix(prefix)))

    def children(self, directory: str) -> Iterator[str]:
        return iter(self._wait(self._storage.children(directory)))

    def items(self) -> Iterator[FileEntry]:
        entries = aiter(self._storage.items())
        try:
            while page := self._wait(_next_page(entries)):
                yield from page
        finally:  # a listing that is given up ends here, and not when the loop is gone
            end = getattr(entries, "aclose", None)
            if end is not None and self._thread.is_alive():
                self._wait(end())

    def count(self) -> int:
        return self._wait(self._storage.count())

    def clear(self) -> None:
        self._wait(self._storage.clear())

    def set_many(self, entries: Iterable[FileEntry]) -> None:
        self._wait(self._storage.set_many(entries))

    def apply(self, sets: Iterable[FileEntry], deletes: Iterable[str]) -> None:
        self._wait(self._storage.apply(sets, deletes))

    def flush(self) -> None:
        self._wait(self._storage.flush())

    def close(self) -> None:
        """Close the storage, then stop the loop and its thread; a second time does nothing."""
        if not self._closed.acquire(blocking=False):
            return
        try:
            self._wait(self._storage.close())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop; an interrupt cancels it."""
        if not self._thread.is_alive() or threading.current_thread() is self._thread:
            work.close()
            if self._thread.is_alive():
                raise InvalidRequest("an asynchronous storage can't be waited for on its own event loop")
            raise StorageError("the storage is closed")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise


async def _next_page(entries: AsyncIterator[FileEntry]) -> list[FileEntry]:
    page = []
    async for entry in entries:
        page.append(entry)
        if len(page) == _PAGE:
            break
    return page
