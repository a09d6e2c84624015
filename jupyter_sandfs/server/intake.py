"""Bodies that are taken while they arrive: allowed before the first byte, flat in memory, gone if their sender goes."""

from __future__ import annotations

import asyncio
import sys
from typing import Any, Protocol

from tornado import web

from jupyter_sandfs.errors import InvalidRequest, SandfsError
from jupyter_sandfs.server.route import SandfsRoute

_DRAINED_BYTES = 64 << 20  # of a refused body: who has sent it may then read why


class Sink(Protocol):
    """Takes the bytes of one file in order. Nothing is to be seen of it before `commit`."""

    async def append(self, chunk: bytes) -> None: ...
    async def commit(self) -> Any: ...
    async def abort(self) -> None: ...


class Gathered:
    """A sink that passes on chunks of a fixed size, whatever comes off the wire."""

    def __init__(self, sink: Sink, chunk_bytes: int) -> None:
        self._sink = sink
        self._chunk_bytes = chunk_bytes
        self._buffer = bytearray()

    async def append(self, chunk: bytes) -> None:
        self._buffer += chunk
        while len(self._buffer) >= self._chunk_bytes:
            await self._pass_on(self._chunk_bytes)

    async def commit(self) -> Any:
        if self._buffer:
            await self._pass_on(len(self._buffer))
        return await self._sink.commit()

    async def abort(self) -> None:
        self._buffer.clear()
        await self._sink.abort()

    async def _pass_on(self, size: int) -> None:
        chunk = bytes(memoryview(self._buffer)[:size])
        del self._buffer[:size]
        await self._sink.append(chunk)


@web.stream_request_body
class IntakeRoute(SandfsRoute):
    """A route with a method (`body_methods`) whose body is streamed into a sink."""

    sink: Sink | None = None
    _gone = False

    async def prepare(self) -> None:  # type: ignore[override]  # as Jupyter's APIHandler does
        self._lock = asyncio.Lock()
        await super().prepare()
        if self._finished or self.request.method not in self.body_methods:
            return
        self._accept_at_most(_DRAINED_BYTES)
        await self.check_allowed()
        await self.open_intake(self.declared_length())
        if self._gone:
            await self._give_up()
        self._accept_at_most(sys.maxsize)  # the sink knows the limit, and says it in words

    async def open_intake(self, length: int | None) -> None:
        """Get ready for a body of `length` bytes (None if unknown), or refuse it."""
        raise NotImplementedError

    async def take(self, chunk: bytes) -> None:
        """Handle some of the body."""
        if self.sink is not None:
            await self.sink.append(chunk)

    def declared_length(self) -> int | None:
        length = self.request.headers.get("Content-Length")
        if length is None:
            return None
        if not (length.isascii() and length.isdigit()):
            raise InvalidRequest("Content-Length is not a number")
        return int(length)

    async def data_received(self, chunk: bytes) -> None:
        """Tornado reads on only when this is done: a slow sink slows the sender down."""
        if self._finished or self.request.method not in self.body_methods:
            return
        try:
            async with self._lock:
                await self.take(chunk)
        except Exception as error:  # noqa: BLE001 (an edge: tornado would drop the connection without an answer)
            await self._give_up()
            self._refuse(error)

    def on_connection_close(self) -> None:
        super().on_connection_close()
        self._gone = True
        if self.sink is not None:
            self._farewell = asyncio.ensure_future(self._give_up())

    async def commit(self) -> Any:
        """Finish the body; gives what the sink gives."""
        assert self.sink is not None
        sink, self.sink = self.sink, None
        return await sink.commit()

    async def _give_up(self) -> None:
        sink, self.sink = self.sink, None
        if sink is None:
            return
        try:
            async with self._lock:
                await sink.abort()
        except SandfsError as error:  # it is dropped after a while anyway
            self.log.info("an upload could not be aborted: %s", error)

    def _accept_at_most(self, size: int) -> None:
        connection: Any = self.request.connection  # an HTTP1Connection: only its base class has a type
        connection.set_max_body_size(size)

    def _refuse(self, error: Exception) -> None:
        self._accept_at_most(_DRAINED_BYTES)
        self.log_exception(type(error), error, error.__traceback__)
        self.send_error(exc_info=(type(error), error, error.__traceback__))
