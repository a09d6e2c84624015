"""Taking a body in: hashed and measured in the caller's thread, and sent in chunks while it arrives."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self

from jupyter_sandfs.errors import InvalidRequest, ObjectTooLarge, QuotaExceeded, SandfsError, StoreError
from jupyter_sandfs.filestore.body import chunks
from jupyter_sandfs.filestore.nats.accounts import Content
from jupyter_sandfs.filestore.nats.chunks import Outgoing, chunk_ttl, chunks_under_way
from jupyter_sandfs.filestore.nats.session import Session
from jupyter_sandfs.filestore.protocol import Body, FileInfo
from jupyter_sandfs.filestore.terms import Terms, count

# Space is claimed in steps of this many bytes. A small body is claimed when it is complete, and its last chunk travels
# with the claim. Should its writer die before, `recover` purges the chunks, for which the bucket has room to spare.
STEP_BYTES = 8 << 20
SMALL_BYTES = 2 << 20
# Each chunk has a shorter deadline of its own.
_STUCK_SECONDS = 60.0


class Arrival:
    """Takes one body for one key; leaving the `with` block clears away what was not committed."""

    def __init__(self, session: Session, key: str, size: int | None, terms: Terms) -> None:
        self._session = session
        self._key = key
        self._terms = terms
        self._limit = session.desk.limits.max_file_size
        self._size = None if size is None else count(size, "size")
        if size is not None and size > self._limit:
            raise ObjectTooLarge(self._limit)
        self._nuid = secrets.token_hex(16)
        self._outgoing = Outgoing(session.wire, self._nuid, ttl=chunk_ttl(terms.ttl))
        self._digest = hashlib.sha256()
        self._slots = threading.Semaphore(chunks_under_way(session.wire))
        self._fault: BaseException | None = None
        self._taken = self._sent = 0
        self._granted = SMALL_BYTES
        self._is_committed = False

    def take(self, body: Body) -> FileInfo:
        """Take the whole body and make it appear at its key.

        Raises:
            InvalidRequest: no bytes, or not as many as declared.
            ObjectTooLarge, and as `Desk.commit`
        """
        kept: deque[bytes | memoryview] = deque()
        for block in self._blocks(body):
            kept.append(block)
            while len(kept) > 1:
                self._send(kept.popleft())
        if self._size is not None and self._taken != self._size:
            raise InvalidRequest(f"the body ends after {self._taken} bytes, {self._size} were declared")
        digest = self._digest.hexdigest()
        self._terms.check_sha256(self._key, digest)
        number = -(-self._taken // self._outgoing.chunk_bytes)
        content = Content(self._nuid, self._taken, digest, number)
        info = self._session.run(self._finish(kept, content))
        self._is_committed = True
        return info

    async def _finish(self, kept: Iterable[bytes | memoryview], content: Content) -> FileInfo:
        for block in kept:
            self._outgoing.send(block)
        return await self._session.writes.commit(self._nuid, self._key, content, self._terms, self._outgoing)

    def _blocks(self, body: Body) -> Iterator[bytes | memoryview]:
        """The body in full chunks and a last one."""
        most, block = self._outgoing.chunk_bytes, bytearray()
        for chunk in chunks(body):
            self._check(len(chunk))
            self._digest.update(chunk)
            for start in range(0, len(chunk), most):
                part = chunk[start : start + most]
                if not block and len(part) == most and isinstance(chunk.obj, bytes):
                    yield part  # nobody can change it while it is on its way
                    continue
                block += part
                if len(block) >= most:
                    yield bytes(memoryview(block)[:most])
                    block = block[most:]
        if block:
            yield bytes(block)

    def _check(self, more: int) -> None:
        self._taken += more
        if self._taken > self._limit:
            raise ObjectTooLarge(self._limit)
        if self._size is not None and self._taken > self._size:
            raise InvalidRequest(f"the body goes on after the {self._size} bytes that were declared")

    def _send(self, block: bytes | memoryview) -> None:
        """Send a chunk off, and wait only while too many are under way."""
        self._sent += len(block)
        if self._sent > self._granted:
            self._reserve()
        if not self._slots.acquire(timeout=_STUCK_SECONDS):
            raise StoreError("the NATS server takes nothing more")
        self._session.call(self._begin, block)
        if self._fault is not None:
            raise self._fault

    def _begin(self, block: bytes | memoryview) -> None:
        self._outgoing.send(block).add_done_callback(self._sent_off)

    def _sent_off(self, sending: asyncio.Task[int | None]) -> None:
        self._slots.release()
        if not sending.cancelled():
            self._fault = self._fault or sending.exception()

    def _reserve(self) -> None:
        """Claim the declared size or a step ahead; where that is too much, just what has arrived."""
        ahead = self._size or min(self._sent + STEP_BYTES, self._limit)
        try:
            self._claim(ahead)
        except QuotaExceeded:
            if self._size:
                raise
            ahead = self._sent
            self._claim(ahead)
        self._granted = ahead

    def _claim(self, size: int) -> None:
        self._session.run(self._session.writes.reserve(self._nuid, self._key, size))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_committed:
            return
        try:
            self._session.run(self._clear())
        except SandfsError:
            if error is None:  # otherwise that one says more; the claim tells others what to clear away
                raise

    async def _clear(self) -> None:
        await self._outgoing.stop()
        await self._session.writes.release(self._nuid, [self._nuid])
