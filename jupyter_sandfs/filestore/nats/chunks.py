"""Bodies as chunks under one subject: many are under way at once in either direction.

A chunk says in a header where it begins, so that a part can be read without the rest; chunks of other clients do not,
and are read from the first one on.
"""

from __future__ import annotations

import asyncio
import binascii
import hashlib
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from typing import NamedTuple

from jupyter_sandfs.errors import StoreError
from jupyter_sandfs.filestore.nats.wire import Message, Wire

# Chunks of this size are the quickest to send and to fetch; a server may take only smaller ones.
CHUNK_BYTES = 512 << 10
# What is under way at once: more only fills buffers, which are then moved about; but a server far away needs more.
_LEAST_WINDOW, _LARGEST_WINDOW = 3 << 20, 8 << 20
_BYTES_A_SECOND = 1 << 30
FETCH_BYTES = 4 << 20
# A body that is no larger stands in its meta too, so that one round trip brings it.
_COPIED_BYTES = 1 << 10
OFFSET, MOMENT = "Sandfs-Offset", "Sandfs-Time"
_MOST_MARKS = 64
# The server drops chunks this long after their file has expired: the meta has to be gone first, and the chunks of a
# long upload are older than it.
_SLACK_SECONDS = 48 * 3600


def chunk_size(wire: Wire) -> int:
    """Bytes of a full chunk."""
    return min(CHUNK_BYTES, wire.largest)


def chunks_under_way(wire: Wire) -> int:
    """How many chunks are sent before the first one is acknowledged."""
    window = min(_LARGEST_WINDOW, max(_LEAST_WINDOW, int(wire.delay * _BYTES_A_SECOND)))
    return max(1, window // chunk_size(wire))


def chunk_ttl(ttl: float) -> int:
    """Seconds after which the server may drop the chunks of a file that lives `ttl` seconds; 0 for never."""
    return int(ttl) + _SLACK_SECONDS if ttl else 0


class Hints(NamedTuple):
    """What a meta says for those who read the body, beside where it is.

    Attributes:
        marks: for `seq_near`.
        copy: a small body itself, in base64.
    """

    marks: str = ""
    copy: str = ""


class Outgoing:
    """Chunks of one body on their way to the server, for a task of the loop."""

    def __init__(self, wire: Wire, nuid: str, *, ttl: int) -> None:
        self._wire = wire
        self._subject = wire.subjects.chunk(nuid)
        self._ttl = ttl
        self._under_way: deque[asyncio.Task[int | None]] = deque()
        self._seqs: list[int] = []
        self._offsets: list[int] = []
        self._offset = 0
        self._first = b""
        self.chunk_bytes = chunk_size(wire)

    def send(self, chunk: bytes | memoryview) -> asyncio.Task[int | None]:
        """Send a chunk off; `finish` tells what became of it."""
        headers = {OFFSET: str(self._offset)}
        sending = asyncio.create_task(self._wire.publish(self._subject, chunk, ttl=self._ttl, headers=headers))
        self._under_way.append(sending)
        self._first = self._first or bytes(chunk[: _COPIED_BYTES + 1])
        self._offsets.append(self._offset)
        self._offset += len(chunk)
        return sending

    async def finish(self) -> None:
        """Wait until all chunks are stored, in order. Raises StoreError, QuotaExceeded."""
        while self._under_way:
            await self._arrived()

    @property
    def hints(self) -> Hints:
        """What the meta is to say; known when all is stored."""
        is_small = self._offset == len(self._first) <= _COPIED_BYTES
        return Hints(marks_of(self._offsets, self._seqs), b64encode(self._first).decode() if is_small else "")

    async def stop(self) -> None:
        """Wait until nothing is under way, however it ends."""
        await asyncio.gather(*self._under_way, return_exceptions=True)
        self._under_way.clear()

    async def _arrived(self) -> None:
        seq = await self._under_way.popleft()
        if seq is None or (self._seqs and seq <= self._seqs[-1]):
            raise StoreError("the connection broke while the file was being written; write it again")
        self._seqs.append(seq)


class Span(NamedTuple):
    """Bytes of a body, and where they begin in it."""

    offset: int
    data: bytes


def marks_of(offsets: Sequence[int], seqs: Sequence[int]) -> str:
    """Where some chunks begin and what their sequences are, for `seq_near`; empty for a single one."""
    stride = -(-len(seqs) // _MOST_MARKS)
    marks = zip(offsets[::stride], seqs[::stride], strict=True) if len(seqs) > 1 else ()
    return " ".join(f"{offset}:{seq}" for offset, seq in marks)


def seq_near(marks: str, offset: int) -> int:
    """A sequence from which on the chunk with a byte is found, not far from it."""
    pairs = [mark.split(":") for mark in marks.split()]
    return max((int(seq) for first, seq in pairs if int(first) <= offset), default=1)


async def fetch(wire: Wire, nuid: str, seq: int, size: int) -> list[Message]:
    """About `size` bytes of chunks from a sequence on."""
    return await wire.following(wire.subjects.chunk(nuid), seq, count=max(1, size // 1024), size=size)


async def spans(wire: Wire, nuid: str, seq: int) -> AsyncGenerator[Span, None]:
    """The chunks of a body from a sequence on; the next ones are fetched while some are used."""
    offset = 0
    ahead = asyncio.create_task(fetch(wire, nuid, seq, FETCH_BYTES))
    try:
        while messages := await ahead:
            ahead = asyncio.create_task(fetch(wire, nuid, messages[-1].seq + 1, FETCH_BYTES))
            for message in messages:
                offset = int(message.headers.get(OFFSET, offset))
                yield Span(offset, message.data)
                offset += len(message.data)
    finally:
        ahead.cancel()


def copied(hints: Hints, sha256: str) -> bytes | None:
    """A small body that its meta holds; None if it holds none, or another one."""
    try:
        body = b64decode(hints.copy)
    except binascii.Error:
        return None
    return body if hints.copy and hashlib.sha256(body).hexdigest() == sha256 else None


async def whole(wire: Wire, nuid: str, *, seq: int, size: int, count: int) -> bytes:
    """The whole of a small body of `count` chunks, or less when some are gone."""
    if count <= 1:
        only = await wire.last(wire.subjects.chunk(nuid)) if count else None
        return only.data if only else b""
    parts, missing = [], size
    while missing > 0 and (messages := await fetch(wire, nuid, seq, missing)):
        parts += [message.data for message in messages]
        missing -= sum(len(message.data) for message in messages)
        seq = messages[-1].seq + 1
    return b"".join(parts)
