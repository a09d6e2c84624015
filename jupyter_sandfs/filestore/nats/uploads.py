"""Bodies that arrive in pieces: each piece is stored as chunks, and the last one says how far the body has come."""

from __future__ import annotations

import hashlib
import secrets
from typing import NamedTuple

from jupyter_sandfs.errors import InvalidRequest, ObjectTooLarge, OffsetMismatch
from jupyter_sandfs.filestore.body import octets
from jupyter_sandfs.filestore.nats import accounts, chunks
from jupyter_sandfs.filestore.nats.accounts import Content, UploadRow
from jupyter_sandfs.filestore.nats.chunks import MOMENT, OFFSET, Hints, chunk_size, chunk_ttl, marks_of
from jupyter_sandfs.filestore.nats.desk import Desk
from jupyter_sandfs.filestore.nats.session import Session
from jupyter_sandfs.filestore.protocol import FileInfo, Upload
from jupyter_sandfs.filestore.terms import Terms, count


class End(NamedTuple):
    """How far an upload has come: its size, the sequence of its last chunk, and when that was sent."""

    offset: int
    seq: int
    moment: float


class NatsUpload(Upload):
    """An upload to a NATS store. What was appended is stored, whatever becomes of this process."""

    def __init__(self, session: Session, upload_id: str, row: UploadRow) -> None:
        self._session = session
        self._terms = row.terms
        self.upload_id = upload_id
        self.key = row.key
        self.length = row.length

    @property
    def offset(self) -> int:
        async def find() -> int:
            await find_row(self._session.desk, self.upload_id)
            return (await end_of(self._session.desk, self.upload_id)).offset

        return self._session.run(find())

    def append(self, chunk: bytes | bytearray | memoryview, offset: int) -> int:
        return self._session.run(self._append(octets(chunk), offset))

    async def _append(self, view: memoryview, offset: int) -> int:
        desk = self._session.desk
        row = await find_row(desk, self.upload_id)
        end = await end_of(desk, self.upload_id)
        total = self._check(offset, end.offset, len(view))
        if self.length is None and total > row.bytes:
            await desk.change(lambda draft: accounts.grow_upload(draft, desk.rules(), self.upload_id, total))
        most, seq = chunk_size(desk.wire), end.seq
        for start in range(0, len(view), most):
            stored = await self._store(view[start : start + most], offset + start, seq)
            if stored is None:
                raise OffsetMismatch(self.upload_id, offset, (await end_of(desk, self.upload_id)).offset)
            seq = stored
        return total

    async def _store(self, piece: memoryview, offset: int, after: int) -> int | None:
        wire, now = self._session.wire, self._session.desk.clock()
        return await wire.publish(
            wire.subjects.chunk(self.upload_id),
            piece,
            expect=after,
            ttl=chunk_ttl(self._terms.ttl),
            headers={OFFSET: str(offset), MOMENT: repr(now)},
        )

    def _check(self, offset: int, end: int, more: int) -> int:
        if offset != end:
            raise OffsetMismatch(self.upload_id, offset, end)
        if self.length is not None and end + more > self.length:
            raise InvalidRequest(f"the upload goes on after the {self.length} bytes that were declared")
        largest = self._session.desk.limits.max_file_size
        if end + more > largest:
            raise ObjectTooLarge(largest)
        return end + more

    def commit(self) -> FileInfo:
        return self._session.run(self._commit())

    async def _commit(self) -> FileInfo:
        desk, writes, name = self._session.desk, self._session.writes, self.upload_id
        await find_row(desk, self.upload_id)
        body = await _read(desk, self.upload_id)
        size = body.content.size
        if self.length not in (None, size):
            raise InvalidRequest(f"{size} of {self.length} bytes have arrived; go on with the upload first")
        self._terms.check_sha256(self.key, body.content.sha256)
        try:
            return await writes.commit(name, self.key, body.content, self._terms, body, upload=name)
        except BaseException:
            await writes.release(name)
            raise

    def abort(self) -> None:
        self._session.run(self._session.desk.abort_upload(self.upload_id))


class _StoredBody(NamedTuple):
    """A body whose chunks are all there."""

    content: Content
    chunk_bytes: int
    hints: Hints

    async def finish(self) -> None:
        pass


async def begin(desk: Desk, key: str, length: int | None, terms: Terms) -> tuple[str, UploadRow]:
    """Write a new upload down. Raises ObjectTooLarge, QuotaExceeded, LimitExceeded."""
    if length is not None and count(length, "length") > desk.limits.max_file_size:
        raise ObjectTooLarge(desk.limits.max_file_size)
    name = secrets.token_hex(16)
    row = UploadRow(key, length, terms, 0, desk.clock())
    await desk.change(lambda draft: accounts.add_upload(draft, desk.rules(), name, row))
    return name, row


async def find_row(desk: Desk, name: str) -> UploadRow:
    """An upload as the books have it now. Raises UploadNotFound."""
    return await desk.change(lambda draft: accounts.find_upload(draft, name), fresh=True)


async def end_of(desk: Desk, name: str) -> End:
    """How far an upload has come."""
    last = await desk.wire.last(desk.wire.subjects.chunk(name))
    if last is None:
        return End(0, 0, 0.0)
    return End(int(last.headers[OFFSET]) + len(last.data), last.seq, float(last.headers[MOMENT]))


async def drop_stale(desk: Desk, now: float) -> int:
    """Give up the uploads that nobody has gone on with for `upload_ttl` seconds; give their number."""
    rows = await desk.change(accounts.uploads, fresh=True)
    latest, dropped = now - desk.limits.upload_ttl, 0
    for name, row in rows.items():
        if row.touched <= latest and (await end_of(desk, name)).moment <= latest:
            await desk.abort_upload(name)
            dropped += 1
    return dropped


async def _read(desk: Desk, name: str) -> _StoredBody:
    """Hash what has arrived, and find out where its chunks are."""
    digest, offsets, seqs, size, seq = hashlib.sha256(), [], [], 0, 1
    while messages := await chunks.fetch(desk.wire, name, seq, chunks.FETCH_BYTES):
        for message in messages:
            if int(message.headers[OFFSET]) != size:
                raise InvalidRequest("parts of the upload are missing; abort it and begin anew")
            digest.update(message.data)
            offsets.append(size)
            seqs.append(message.seq)
            size += len(message.data)
        seq = messages[-1].seq + 1
    content = Content(name, size, digest.hexdigest(), len(seqs))
    return _StoredBody(content, chunk_size(desk.wire), Hints(marks_of(offsets, seqs)))
