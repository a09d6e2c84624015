"""Bodies that are taken while they arrive: allowed before the first byte, flat in memory, gone if their sender goes."""

from __future__ import annotations

import asyncio
import copy
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, Protocol

from tornado import web

from jupyter_sandfs.errors import InvalidRequest, SandfsError
from jupyter_sandfs.server.route import SandfsRoute
from jupyter_sandfs.server.seats import Seats

IDLE_SECONDS = 120.0
_PIECE_BYTES = 256 << 10
_DRAINED_BYTES = 64 << 20  # of a refused body: who has sent it may then read why


class Sink(Protocol):
    """Takes the bytes of one file in order. Nothing is to be seen of it before `commit`."""

    async def append(self, chunk: bytes) -> None: ...
    async def commit(self) -> Any: ...
    async def abort(self) -> None: ...


class LastingSink(Protocol):
    """A sink that may be given the same buffer again: it keeps nothing of a chunk but a copy."""

    async def append(self, chunk: memoryview) -> None: ...
    async def commit(self) -> Any: ...
    async def abort(self) -> None: ...


class Gathered:
    """A sink that passes on chunks of a fixed size, whatever comes off the wire.

    While one chunk is on its way the next is gathered, in the other of two buffers: the sink must be done with a chunk
    when its `append` ends. What goes wrong with a chunk is raised with a later one, or by `commit`.
    """

    def __init__(self, sink: LastingSink, chunk_bytes: int) -> None:
        self._sink = sink
        self._buffer, self._other = bytearray(chunk_bytes), bytearray(chunk_bytes)
        self._filled = 0
        self._sending: asyncio.Task[None] | None = None

    async def append(self, chunk: bytes) -> None:
        rest = memoryview(chunk)
        while rest:
            part = rest[: len(self._buffer) - self._filled]
            self._buffer[self._filled : self._filled + len(part)] = part
            self._filled += len(part)
            rest = rest[len(part) :]
            if self._filled == len(self._buffer):
                await self._pass_on()

    async def commit(self) -> Any:
        if self._filled:
            await self._pass_on()
        await self._arrival()
        return await self._sink.commit()

    async def abort(self) -> None:
        with suppress(Exception):  # it was told already, or nobody is there to be told
            await self._arrival()
        await self._sink.abort()

    async def _pass_on(self) -> None:
        await self._arrival()
        chunk = memoryview(self._buffer)[: self._filled]
        self._sending = asyncio.get_running_loop().create_task(self._sink.append(chunk))
        self._buffer, self._other, self._filled = self._other, self._buffer, 0

    async def _arrival(self) -> None:
        """Wait until the chunk that is on its way has arrived; raises what went wrong with it."""
        sending, self._sending = self._sending, None
        if sending is not None:
            await sending


async def pour(chunks: AsyncIterator[bytes], sink: Sink) -> Any:
    """Pass all on and finish; where that fails, nothing is left of it."""
    try:
        async for chunk in chunks:
            await sink.append(chunk)
        return await sink.commit()
    except BaseException:
        await sink.abort()
        raise


class Owning:
    """Lets a sink keep the chunks it is given."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.commit = sink.commit
        self.abort = sink.abort

    async def append(self, chunk: memoryview) -> None:
        await self._sink.append(bytes(chunk))


@web.stream_request_body
class IntakeRoute(SandfsRoute):
    """A route with a method (`body_methods`) whose body is streamed into a sink."""

    sink: Sink | None = None
    _gone = False
    _arrived = 0
    _seats: Seats | None = None
    _silence: asyncio.TimerHandle | None = None

    async def prepare(self) -> None:  # type: ignore[override]  # as Jupyter's APIHandler does
        self._lock = asyncio.Lock()
        await super().prepare()
        if self._finished or self.request.method not in self.body_methods:
            return
        self._accept_at_most(_DRAINED_BYTES)
        await self.check_allowed()
        self._take_seat()
        await self.open_intake(self.declared_length())
        if self._gone:
            await self._give_up()
        self._accept_at_most(sys.maxsize)  # the sink knows the limit, and says it in words
        self._read_large_pieces()
        self._await_more(0)

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
        self._stop_waiting()  # a slow sink is no silence
        try:
            async with self._lock:
                await self.take(chunk)
            self._await_more(len(chunk))
        except Exception as error:  # noqa: BLE001 (an edge: tornado would drop the connection without an answer)
            await self._give_up()
            self._refuse(error)

    def on_connection_close(self) -> None:
        super().on_connection_close()
        self._gone = True
        self._leave_seat()
        if self.sink is not None:
            self._farewell = asyncio.ensure_future(self._give_up())

    async def commit(self) -> Any:
        """Finish the body; gives what the sink gives."""
        assert self.sink is not None
        self._stop_waiting()
        sink, self.sink = self.sink, None
        return await sink.commit()

    def on_finish(self) -> None:
        super().on_finish()
        self._leave_seat()

    def _take_seat(self) -> None:
        seats: Seats = self.settings["sandfs_bodies"]
        seats.take(self.username)
        self._seats = seats

    def _leave_seat(self) -> None:
        self._stop_waiting()
        seats, self._seats = self._seats, None
        if seats is not None:
            seats.leave(self.username)

    def _await_more(self, arrived: int) -> None:
        """Hang up on a sender who says nothing for `IDLE_SECONDS` before the body is whole: it would wait for ever."""
        self._arrived += arrived
        is_open = "Transfer-Encoding" in self.request.headers or self._arrived < (self.declared_length() or 0)
        if is_open and not (self._gone or self._finished):
            self._silence = asyncio.get_running_loop().call_later(IDLE_SECONDS, self.cut_off)

    def _stop_waiting(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None

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

    def _read_large_pieces(self) -> None:
        """Take more off the wire at a time than tornado does, whose 64 KiB cost a third of the time of an upload."""
        connection: Any = self.request.connection  # as above
        connection.params = copy.copy(connection.params)  # one object serves all connections
        connection.params.chunk_size = connection.stream.read_chunk_size = _PIECE_BYTES

    def _refuse(self, error: Exception) -> None:
        self._accept_at_most(_DRAINED_BYTES)
        self.log_exception(type(error), error, error.__traceback__)
        self.send_error(exc_info=(type(error), error, error.__traceback__))
