"""Uploads that outlive their requests: notes of them, their bytes in the store, and how the two end in a file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime

from jupyter_sandfs.errors import InvalidRequest, ObjectNotFound, OffsetMismatch, SandfsError, UploadNotFound
from jupyter_sandfs.filestore import AsyncFileStore, AsyncUpload
from jupyter_sandfs.server.arrivals import Arrival
from jupyter_sandfs.server.tus import Kind
from jupyter_sandfs.server.upload_notes import Note, UploadNotes


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an upload is; `upload` is None once the file is there."""

    note: Note
    offset: int
    upload: AsyncUpload | None

    @property
    def is_complete(self) -> bool:
        return self.offset == self.note.length


class ResumableUploads:
    """The uploads of one store.

    Args:
        max_file_size: in bytes; what a client may not exceed that has not said the length yet.
    """

    def __init__(self, notes: UploadNotes, max_file_size: int) -> None:
        self._notes = notes
        self.max_file_size = max_file_size
        self.lifetime = notes.lifetime
        self._arriving: dict[str, Arrival] = {}

    # ------------------------------------------------------------ steps of an upload

    async def begin(self, store: AsyncFileStore, note: Note) -> Progress:
        """Write an upload down, and begin it in the store. Raises as `FileStore.begin_upload`."""
        upload = await store.begin_upload(note.key, length=note.length, **note.options)
        note = replace(note, store_id=upload.upload_id)
        try:
            await asyncio.to_thread(self._notes.add, note)
        except BaseException:
            await upload.abort()
            raise
        return Progress(note, 0, upload)

    async def look(self, store: AsyncFileStore, upload_id: str, tenant: str) -> Progress:
        """How far an upload is. Raises UploadNotFound."""
        note = await asyncio.to_thread(self._notes.find, upload_id, tenant)
        if note.checksum is not None:
            return Progress(note, note.length or 0, None)
        arriving = self._arriving.get(upload_id)
        if arriving is not None:
            await arriving.keep()
        try:
            upload = await store.resume_upload(note.store_id)
            return Progress(note, await upload.offset(), upload)
        except UploadNotFound:
            if not note.committing:
                raise UploadNotFound(upload_id) from None
            return await self._recall(store, note)

    async def arrive(self, progress: Progress, offset: int) -> Arrival | None:
        """Get ready for bytes from `offset` on; None when the file is there already. An earlier request ends here.

        Raises:
            OffsetMismatch: the upload goes on elsewhere.
        """
        note = progress.note
        earlier = self._arriving.get(note.id)
        if earlier is not None:
            await earlier.overtake()
        current = progress.offset if progress.upload is None else await progress.upload.offset()
        if current != offset:
            raise OffsetMismatch(note.id, offset, current)
        if progress.upload is None:
            return None
        limit = self.max_file_size if note.length is None else note.length
        arrival = self._arriving[note.id] = Arrival(progress.upload, note.id, offset, limit)
        return arrival

    def leave(self, arrival: Arrival) -> None:
        """The request of an arrival has ended."""
        if self._arriving.get(arrival.upload_id) is arrival:
            del self._arriving[arrival.upload_id]

    async def declare(self, progress: Progress, length: int) -> Progress:
        """Note the length of an upload that began without one.

        Raises:
            InvalidRequest: it has another one, or more bytes have arrived.
        """
        note = progress.note
        if note.length not in (None, length) or length < progress.offset:
            raise InvalidRequest("the length of the upload is another one")
        return replace(progress, note=await self._save(replace(note, length=length)))

    async def finish(self, store: AsyncFileStore, progress: Progress) -> Note:
        """Make the file appear, if all has arrived and it is not a part of another.

        Raises:
            QuotaExceeded, VersionConflict, ChecksumMismatch: as `Upload.commit`; ask again when that is mended.
        """
        note, upload = progress.note, progress.upload
        if upload is None or not progress.is_complete or note.kind is Kind.PARTIAL:
            return note
        return await self._commit(store, note, upload)

    async def remove(self, progress: Progress) -> None:
        """Forget an upload, and what has arrived. A finished file stays: it is deleted by its key."""
        earlier = self._arriving.get(progress.note.id)
        if earlier is not None:
            await earlier.overtake()
        await asyncio.to_thread(self._notes.remove, progress.note)
        if progress.upload is not None:
            await progress.upload.abort()

    # ------------------------------------------------------------ parts

    async def join(self, store: AsyncFileStore, note: Note, parts: list[Progress]) -> Note:
        """Make a file of complete parts, in order; they are gone then. While it lasts there has to be room for both.

        Raises:
            InvalidRequest: something is no part, or not complete.
            ObjectTooLarge, QuotaExceeded, VersionConflict: as `FileStore.put`. The parts are still there.
        """
        for part in parts:
            if part.note.kind is not Kind.PARTIAL or not part.is_complete:
                raise InvalidRequest(f"upload {part.note.id} is not a complete part of another")
        stored = [await self._store_part(store, part) for part in parts]
        size = sum(each.length or 0 for each in stored)
        info = await store.put(note.key, _contents(store, stored), size=size, **note.options)
        for each in stored:
            await asyncio.to_thread(self._notes.remove, each)
            await store.delete(each.key)
        return await self._save(replace(note, length=size, checksum=info.checksum))

    async def _store_part(self, store: AsyncFileStore, part: Progress) -> Note:
        return part.note if part.upload is None else await self._commit(store, part.note, part.upload)

    # ------------------------------------------------------------ notes

    async def touch(self, note: Note) -> datetime:
        """Let an upload live on, as something of it has come; give the time when it will be given up."""
        return await asyncio.to_thread(self._notes.touch, note)

    async def end(self, note: Note) -> datetime:
        """When an upload will be given up."""
        return await asyncio.to_thread(self._notes.end, note)

    async def clean(self) -> None:
        """Forget what has been given up."""
        await asyncio.to_thread(self._notes.clean)

    async def _save(self, note: Note) -> Note:
        await asyncio.to_thread(self._notes.save, note)
        return note

    async def _commit(self, store: AsyncFileStore, note: Note, upload: AsyncUpload) -> Note:
        """Commit in the store. The note says so first: a kill in between is then no loss, and no second upload."""
        note = await self._save(replace(note, committing=True))
        try:
            info = await upload.commit()
        except UploadNotFound:  # another request was faster: to commit, or to end the upload
            note = await asyncio.to_thread(self._notes.find, note.id, note.tenant)
            return (await self._recall(store, note)).note
        except SandfsError:
            await self._save(replace(note, committing=False))
            raise
        return await self._save(replace(note, checksum=info.checksum))

    async def _recall(self, store: AsyncFileStore, note: Note) -> Progress:
        """What became of an upload that was committed when nobody noted it any more."""
        try:
            checksum = (await store.head(note.key)).checksum
        except ObjectNotFound:  # deleted since
            checksum = ""
        note = await self._save(replace(note, checksum=checksum))
        return Progress(note, note.length or 0, None)


async def _contents(store: AsyncFileStore, parts: list[Note]) -> AsyncIterator[bytes]:
    for part in parts:
        async with await store.open(part.key) as reader:
            async for chunk in reader:
                yield chunk
