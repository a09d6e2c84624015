"""The server's FileStore: opened once, when it is first needed, and cleaned of expired files every hour."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from jupyter_sandfs.filestore import AsyncFileStore, AsyncUpload, FileInfo, FileStore, PutOptions

CHUNK_BYTES = 1 << 20

_log = logging.getLogger(__name__)


class Staging:
    """Holds the store; its calls run in threads, so that the loop, which carries the kernels' websockets, goes on.

    Args:
        open_store: opens the store; it may touch disks and networks.
    """

    def __init__(self, open_store: Callable[[], FileStore]) -> None:
        self._open_store = open_store
        self._store: AsyncFileStore | None = None
        self._lock = asyncio.Lock()

    async def store(self) -> AsyncFileStore:
        """Give the store. Raises whatever opening it raises; the next call tries again."""
        async with self._lock:
            if self._store is None:
                self._store = AsyncFileStore(await asyncio.to_thread(self._open_store))
            return self._store

    async def clean(self) -> None:
        """Remove expired files. Only a store that is in use: nothing is opened for it."""
        if self._store is None:
            return
        try:
            await self._store.cleanup()
        except Exception:  # noqa: BLE001 (an edge: the next hour tries again)
            _log.exception("expired files could not be removed")

    async def close(self) -> None:
        async with self._lock:
            if self._store is not None:
                await self._store.close()
                self._store = None


class SmallObject:
    """A sink for a body that was announced to fit in one chunk."""

    def __init__(self, store: AsyncFileStore, key: str, options: PutOptions) -> None:
        self._store, self._key, self._options = store, key, options
        self._content = bytearray()

    async def append(self, chunk: bytes) -> None:
        self._content += chunk

    async def commit(self) -> FileInfo:
        return await self._store.put(self._key, self._content, **self._options)

    async def abort(self) -> None:
        self._content.clear()


class LargeObject:
    """A sink for a body of any length."""

    def __init__(self, upload: AsyncUpload) -> None:
        self._upload = upload
        self._offset = 0

    async def append(self, chunk: bytes) -> None:
        self._offset = await self._upload.append(chunk, self._offset)

    async def commit(self) -> FileInfo:
        return await self._upload.commit()

    async def abort(self) -> None:
        await self._upload.abort()
