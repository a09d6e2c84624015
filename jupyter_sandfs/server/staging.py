"""The server's FileStore, of each tenant: opened when it is first needed."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable

from jupyter_sandfs.filestore import AsyncFileStore, AsyncUpload, FileInfo, FileStore, PutOptions
from jupyter_sandfs.server.tenants import KnownTenants

CHUNK_BYTES = 1 << 20
_PAGE = 1000


class Staging:
    """Holds the stores of the tenants; their calls run in threads, so that the loop, which carries websockets, goes on.

    Args:
        open_store: opens the store of a tenant; it may touch disks and networks.
        known: the tenants whose stores were opened before, by this server or an earlier one.
        most_open: of so many stores the one that was not used for longest is let go, and opened again when needed; None
            for those that would be gone then, because each tenant has a store of its own in this process's memory.
    """

    def __init__(self, open_store: Callable[[str], FileStore], known: KnownTenants, *, most_open: int | None) -> None:
        self._open_store = open_store
        self._known = known
        self._most_open = most_open
        self._stores: OrderedDict[str, AsyncFileStore] = OrderedDict()
        self._lock = asyncio.Lock()

    async def store(self, tenant: str | None = None) -> AsyncFileStore:
        """Give the store of a tenant, the server's own if none is named.

        Raises whatever opening it raises; the next call tries again.
        """
        tenant = self._known.base if tenant is None else tenant
        async with self._lock:
            if tenant not in self._stores:
                self._stores[tenant] = AsyncFileStore(await asyncio.to_thread(self._open, tenant))
            self._stores.move_to_end(tenant)
            if self._most_open is not None and len(self._stores) > self._most_open:
                self._stores.popitem(last=False)  # not closed: a request may still use it, and then it closes itself
            return self._stores[tenant]

    def _open(self, tenant: str) -> FileStore:
        store = self._open_store(tenant)
        self._known.note(tenant)
        return store

    async def clean(self) -> None:
        """Remove what has expired, of all tenants of the store."""
        apart = self._stores.values() if self._most_open is None else ()
        for store in {await self.store(), *apart}:
            await store.cleanup()

    async def remove_all(self, prefix: str) -> None:
        """Remove the files whose keys begin with a prefix, of all tenants that are known."""
        for tenant in await asyncio.to_thread(self._known.all):
            store = await self.store(tenant)
            while page := (await store.list(prefix, limit=_PAGE)).items:
                for info in page:
                    await store.delete(info.key)

    async def close(self) -> None:
        async with self._lock:
            while self._stores:
                _, store = self._stores.popitem()
                await store.close()


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
