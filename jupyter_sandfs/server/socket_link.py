"""The server's end of the link over a kernel's socket."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from typing import Any

from jupyter_sandfs.errors import KernelBusy
from jupyter_sandfs.rpc import frames, handshake
from jupyter_sandfs.rpc.messages import Reply, Request
from jupyter_sandfs.rpc.operations import MAX_CHUNK
from jupyter_sandfs.rpc.rendezvous import Address

_CONNECTIONS = 4  # so that one slow provider does not hold up the others
_OPEN_SECONDS = 5.0


class LinkLost(Exception):
    """The kernel's socket is not there, or closed while we waited: no answer yet, `links` tries another way first.

    Attributes:
        sent: the request may have been carried out.
    """

    def __init__(self, *, sent: bool) -> None:
        super().__init__()
        self.sent = sent


class SocketLink:
    """A few connections to one kernel, opened as they are needed; each carries one request at a time."""

    chunk_bytes = MAX_CHUNK

    def __init__(self, address: Address, key: bytes) -> None:
        self._address = address
        self._key = key
        self._free: list[_Connection] = []
        self._slots = asyncio.Semaphore(_CONNECTIONS)
        self._closed = False

    async def probe(self) -> None:
        """Open the first connection. Raises LinkLost, or InvalidRequest where the other end has another key."""
        self._free.append(await self._open())

    async def ask(self, request: Request, seconds: float) -> Reply:
        """Send a request and wait for the reply.

        Raises:
            LinkLost: the socket is gone.
            KernelBusy: no reply within `seconds`. The kernel will not start on the request any more.
        """
        try:
            async with asyncio.timeout(seconds), self._slots:
                return await self._exchange(request)
        except TimeoutError:
            raise KernelBusy(
                f"the kernel did not answer within {seconds:g} s: it may be running native code that never pauses"
            ) from None

    def close(self) -> None:
        self._closed = True
        while self._free:
            self._free.pop().close()

    async def _exchange(self, request: Request) -> Reply:
        connection = self._take_free() or await self._open()
        try:
            reply = await connection.exchange(request)
        except BaseException as error:
            connection.close()  # a reply may still come: nobody must read it as the answer to something else
            if isinstance(error, OSError | EOFError) and not isinstance(error, TimeoutError):
                raise LinkLost(sent=True) from error
            raise
        if self._closed:
            connection.close()
        else:
            self._free.append(connection)
        return reply

    def _take_free(self) -> _Connection | None:
        while self._free:
            connection = self._free.pop()
            if not connection.lost:
                return connection
            connection.close()
        return None

    async def _open(self) -> _Connection:
        try:
            async with asyncio.timeout(_OPEN_SECONDS):
                return await _connect(self._address, self._key)
        except (OSError, EOFError) as error:
            raise LinkLost(sent=False) from error


class _Connection:
    """One connection. It works on the bare socket: asyncio's streams copy a chunk several times on its way."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._loop = asyncio.get_running_loop()

    @property
    def lost(self) -> bool:
        """Whether the other end has closed it, or sent what nobody asked for."""
        try:
            self._end.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True

    async def exchange(self, request: Request) -> Reply:
        await self.send(request.header(), request.body)
        return Reply.from_header(*await self.receive())

    async def send(self, header: Mapping[str, Any], body: bytes | memoryview = b"") -> None:
        for piece in frames.encode(header, body):
            await self._loop.sock_sendall(self._end, piece)

    async def receive(self) -> tuple[dict[str, Any], bytes]:
        prefix = await self._exactly(frames.PREFIX.size)
        header_size, body_size = frames.decode_prefix(prefix, header_bytes=frames.REPLY_HEADER_BYTES)
        header = frames.decode_header(await self._exactly(header_size))
        return header, bytes(await self._exactly(body_size))

    async def _exactly(self, size: int) -> bytearray:
        buffer = bytearray(size)
        rest = memoryview(buffer)
        while rest:
            count = await self._loop.sock_recv_into(self._end, rest)
            if not count:
                raise EOFError
            rest = rest[count:]
        return buffer

    def close(self) -> None:
        self._end.close()


async def _connect(address: Address, key: bytes) -> _Connection:
    family: socket.AddressFamily = socket.AF_INET
    place: Any = ("127.0.0.1", address.port)
    if address.socket is not None:
        family, place = socket.AF_UNIX, address.socket
    end = socket.socket(family)
    connection = _Connection(end)
    try:
        end.setblocking(False)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, frames.BODY_BYTES)  # a chunk leaves in one go
        await asyncio.get_running_loop().sock_connect(end, place)
        await _shake_hands(connection, key)
    except BaseException:
        connection.close()
        raise
    return connection


async def _shake_hands(connection: _Connection, key: bytes) -> None:
    nonce = handshake.new_nonce()
    challenge, _ = await connection.receive()
    await connection.send(handshake.answer(key, challenge, nonce))
    proof, _ = await connection.receive()
    handshake.verify(key, proof, challenge["nonce"], nonce)
