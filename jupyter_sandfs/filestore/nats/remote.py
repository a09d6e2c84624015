"""A stored body as an open file: small ones are read at once, large ones as they are asked for."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import AsyncGenerator
from typing import BinaryIO, cast

from jupyter_sandfs.errors import ObjectNotFound, StoreError
from jupyter_sandfs.filestore.nats import chunks
from jupyter_sandfs.filestore.nats.burials import READ_AT_ONCE
from jupyter_sandfs.filestore.nats.chunks import Hints, Span
from jupyter_sandfs.filestore.nats.records import Record
from jupyter_sandfs.filestore.nats.session import Session
from jupyter_sandfs.filestore.nats.wire import Wire


class RemoteFile(io.RawIOBase):
    """The bytes of a stored body. Read from one end to the other, they are compared with their digest."""

    def __init__(self, session: Session, key: str, record: Record, hints: Hints) -> None:
        super().__init__()
        self._session = session
        self._key = key
        self._record = record
        self._marks = hints.marks
        self._place = 0
        self._span = Span(0, b"")
        self._spans: AsyncGenerator[Span, None] | None = None
        self._digest = hashlib.sha256()
        self._hashed = 0
        session.hold()

    def read(self, size: int = -1, /) -> bytes:
        wanted = max(0, self._record.size - self._place)
        wanted = wanted if size < 0 else min(size, wanted)
        parts = []
        while wanted:
            part = self._part(wanted)
            parts.append(part)
            wanted -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _part(self, most: int) -> bytes:
        """Bytes from the present place on, one at least."""
        span = self._span
        if not span.offset <= self._place < span.offset + len(span.data):
            span = self._span = self._find()
        start = self._place - span.offset
        part = span.data if start == 0 and len(span.data) <= most else span.data[start : start + most]
        self._place += len(part)
        return part

    def _find(self) -> Span:
        """The span with the present place: the next one, or one found anew after a seek."""
        if self._spans is None or self._place != self._span.offset + len(self._span.data):
            self._stop()
            seq = chunks.seq_near(self._marks, self._place)
            self._spans = chunks.spans(self._session.wire, self._record.nuid, seq)
        for span in iter(self._next, None):
            if span.offset <= self._place < span.offset + len(span.data):
                return span
            if span.offset > self._place:
                break
        raise StoreError(f"{self._key}: overwritten or deleted long ago, and now gone while it was being read")

    def _next(self) -> Span | None:
        if self._spans is None:
            return None
        span = self._session.run_held(_next_of(self._spans))
        if span is not None and span.offset == self._hashed:
            self._digest.update(span.data)
            self._hashed += len(span.data)
            if self._hashed == self._record.size and self._digest.hexdigest() != self._record.sha256:
                raise StoreError(f"{self._key}: its content does not match its checksum")
        return span

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        if whence != os.SEEK_SET:
            raise ValueError(whence)  # those who open it count from the start
        self._place = offset
        return offset

    def tell(self) -> int:
        return self._place

    def _stop(self) -> None:
        if self._spans is not None:
            spans, self._spans = self._spans, None
            self._session.start_held(_close(spans))

    def close(self) -> None:
        if not self.closed:
            self._stop()
            super().close()
            self._session.release()


async def read_whole(wire: Wire, key: str, record: Record, hints: Hints) -> bytes:
    """The whole of a small body. Raises ObjectNotFound when it is gone since its meta was read."""
    if (copied := chunks.copied(hints, record.sha256)) is not None:
        return copied
    seq = chunks.seq_near(hints.marks, 0)
    body = await chunks.whole(wire, record.nuid, seq=seq, size=record.size, count=record.chunks)
    if len(body) != record.size:
        raise ObjectNotFound(key)
    if hashlib.sha256(body).hexdigest() != record.sha256:
        raise StoreError(f"{key}: its content does not match its checksum")
    return body


async def open_body(session: Session, key: str, record: Record, hints: Hints) -> BinaryIO:
    """Open a body, whole if it is small. Raises ObjectNotFound when it is gone since its meta was read."""
    if record.size <= READ_AT_ONCE:
        return io.BytesIO(await read_whole(session.wire, key, record, hints))
    return cast("BinaryIO", RemoteFile(session, key, record, hints))


async def _close(spans: AsyncGenerator[Span, None]) -> None:
    await spans.aclose()


async def _next_of(spans: AsyncGenerator[Span, None]) -> Span | None:
    return await anext(spans, None)
