"""The body of one request, on its way into an upload that may take many."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import suppress
from typing import IO

from jupyter_sandfs.errors import ChunkMismatch, LimitExceeded, SandfsError, UploadOvertaken
from jupyter_sandfs.filestore import AsyncUpload
from jupyter_sandfs.server.staging import CHUNK_BYTES
from jupyter_sandfs.server.tus import ALGORITHMS, Checksum


class Arrival:
    """A sink that keeps what has arrived, whatever happens to the request: the client goes on from there.

    Args:
        upload_id: as clients know it.
        offset: where the body begins; the store refuses another place than the end.
        limit: where the upload ends, in bytes.
    """

    def __init__(self, upload: AsyncUpload, upload_id: str, offset: int, limit: int) -> None:
        self.upload_id = upload_id
        self.offset = offset
        self._upload = upload
        self._limit = limit
        self._buffer = bytearray()
        self._lock = asyncio.Lock()
        self._overtaken = False

    async def append(self, chunk: bytes) -> None:
        async with self._lock:
            self.check(len(self._buffer) + len(chunk))
            self._buffer += chunk
            while len(self._buffer) >= CHUNK_BYTES:
                await self._pass_on(CHUNK_BYTES)

    async def commit(self) -> int:
        """Pass on the rest; give the new offset."""
        async with self._lock:
            self.check(len(self._buffer))
            await self._pass_on(len(self._buffer))
        return self.offset

    async def abort(self) -> None:
        async with self._lock:
            await self._pass_on(len(self._buffer))

    async def keep(self) -> None:
        """Pass on what is here, so that the store's offset tells it. What goes wrong is said to the body's request."""
        with suppress(SandfsError):
            await self.abort()

    async def overtake(self) -> None:
        """Keep what is here and take no more: the client has given this request up, and sent another."""
        self._overtaken = True
        await self.keep()

    def check(self, more: int) -> None:
        """Refuse bytes that have no place behind those that were passed on. Raises LimitExceeded, UploadOvertaken."""
        if self._overtaken:
            raise UploadOvertaken(self.upload_id)
        if self.offset + more > self._limit:
            raise LimitExceeded(f"the upload goes on after the {self._limit} bytes that it may have")

    async def _pass_on(self, size: int) -> None:
        if not size:
            return
        chunk = bytes(memoryview(self._buffer)[:size])
        del self._buffer[:size]
        try:
            self.offset = await self._upload.append(chunk, self.offset)
        except BaseException:
            self._buffer.clear()  # what follows has no place any more
            raise


class Verified:
    """A sink that passes a body on only when its checksum is right; until then it waits, a large one on disk."""

    def __init__(self, sink: Arrival, checksum: Checksum) -> None:
        self._sink = sink
        self._wanted = checksum
        self._size = 0
        self._digest = ALGORITHMS[checksum.algorithm]()
        self._waiting: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=CHUNK_BYTES)  # noqa: SIM115  closed below

    async def append(self, chunk: bytes) -> None:
        self._size += len(chunk)
        self._sink.check(self._size)
        await asyncio.to_thread(self._keep, chunk)

    async def commit(self) -> int:
        if self._digest.digest() != self._wanted.digest:
            await self.abort()
            raise ChunkMismatch(self._sink.upload_id, self._wanted.algorithm)
        with self._waiting:
            self._waiting.seek(0)
            while chunk := await asyncio.to_thread(self._waiting.read, CHUNK_BYTES):
                await self._sink.append(chunk)
        return await self._sink.commit()

    async def abort(self) -> None:
        self._waiting.close()

    def _keep(self, chunk: bytes) -> None:
        self._digest.update(chunk)
        self._waiting.write(chunk)
