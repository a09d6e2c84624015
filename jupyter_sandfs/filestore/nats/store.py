"""The store itself: arguments are checked here, and work is handed to the loop."""

from __future__ import annotations

import secrets
import time
import weakref
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple, Unpack

from jupyter_sandfs.errors import InvalidSignature, ObjectNotFound, StoreError
from jupyter_sandfs.filestore import keys, signing
from jupyter_sandfs.filestore.listing import check_listing, list_page
from jupyter_sandfs.filestore.nats import accounts, bucket, care, history, uploads
from jupyter_sandfs.filestore.nats.address import Address, tenant_bucket
from jupyter_sandfs.filestore.nats.arrival import Arrival
from jupyter_sandfs.filestore.nats.chunks import Hints
from jupyter_sandfs.filestore.nats.draft import FILE, Draft
from jupyter_sandfs.filestore.nats.pages import PageGone
from jupyter_sandfs.filestore.nats.records import Record, decode, hints_of, is_ours, record_of
from jupyter_sandfs.filestore.nats.remote import open_body
from jupyter_sandfs.filestore.nats.session import Session
from jupyter_sandfs.filestore.nats.wire import PATIENCE
from jupyter_sandfs.filestore.protocol import (
    Body,
    FileInfo,
    FileStore,
    Page,
    PutOptions,
    Reader,
    Recovery,
    StoreLimits,
    Upload,
    Usage,
)
from jupyter_sandfs.filestore.readers import LocalReader
from jupyter_sandfs.filestore.terms import count, inherited, seconds, terms_of, terms_of_deletion

_OPEN_ATTEMPTS = 5
_SECRET_BYTES = 32
# Lines of the index that are fetched at once, more with each time.
_FIRST_LINES, _MOST_LINES = 32, 512


class _Listed(NamedTuple):
    key: str
    record: Record

    def info(self) -> FileInfo:
        return self.record.info(self.key)


class NatsFileStore(FileStore):
    """Files in a JetStream Object Store, for any number of threads, processes and machines.

    A tenant has a bucket of its own. `copy` and `restore` move the bytes through this process, and `sign` makes tokens
    for our own HTTP route. Files over 4 MiB can be read on for an hour after their key was overwritten or deleted.

    Args:
        address: of the servers and the bucket, which is made if it is missing.
        tenant: whose files these are.
        clock: seconds since 1970.
        patience: seconds that the server may take for one request; a call makes a few.
        on_end: called when the connection is closed.
    """

    def __init__(
        self,
        address: Address,
        *,
        tenant: str = "",
        limits: StoreLimits | None = None,
        clock: Callable[[], float] = time.time,
        patience: float = PATIENCE,
        on_end: Callable[[], None] | None = None,
    ) -> None:
        self._tenant = keys.check_tenant(tenant)
        self._limits = limits or StoreLimits()
        self._clock = clock
        self._base = address.bucket
        self._open_bucket = partial(Session.open, address, limits=self._limits, clock=clock, patience=patience)
        self._session = self._open_bucket(tenant_bucket(address.bucket, tenant), on_end=on_end)
        self._desk = self._session.desk
        self._close = weakref.finalize(self, self._session.close)

    def close(self) -> None:
        self._close()

    # ------------------------------------------------------------ reading

    def head(self, key: str, *, version: int | None = None) -> FileInfo:
        keys.check(key)
        return self._session.run(self._find(key, version))[0].info(key)

    def open(self, key: str, *, version: int | None = None, start: int = 0, end: int | None = None) -> Reader:
        keys.check(key)
        count(start, "start")
        if end is not None:
            count(end, "end")
        return self._session.run(self._open(key, version, start, end))

    def list(
        self, prefix: str = "", *, delimiter: str | None = None, after: str | None = None, limit: int = 1000
    ) -> Page:
        check_listing(prefix, delimiter=delimiter, after=after, limit=limit)
        for _ in range(_OPEN_ATTEMPTS):
            draft = self._session.run(self._desk.look())

            def scan(start: str, below: str | None, draft: Draft = draft) -> Iterator[_Listed]:
                return self._scan(draft, start, below)

            try:
                return list_page(scan, prefix, delimiter=delimiter, after=after, limit=limit)
            except PageGone:
                continue  # the index has moved on since
        raise StoreError("the store is too busy to be listed; try again")

    def versions(self, key: str) -> tuple[FileInfo, ...]:
        keys.check(key)
        return tuple(record.info(key) for record in self._session.run(self._versions(key)))

    def usage(self) -> Usage:
        return self._session.run(self._usage())

    # ------------------------------------------------------------ writing

    def put(self, key: str, body: Body, *, size: int | None = None, **options: Unpack[PutOptions]) -> FileInfo:
        keys.check(key)
        terms = terms_of(key, self._limits, **options)
        with Arrival(self._session, key, size, terms) as arrival:
            return arrival.take(body)

    def copy(self, source: str, target: str, **options: Unpack[PutOptions]) -> FileInfo:
        keys.check(source)
        keys.check(target)
        with self.open(source) as reader:
            info = reader.info
            terms_of(target, self._limits, **inherited(info, options)).check_sha256(target, info.checksum[7:])
            return self.put(target, reader, size=info.size_bytes, **inherited(info, options))

    def restore(self, key: str, version: int, *, if_version: int | None = None) -> FileInfo:
        with self.open(key, version=count(version, "version")) as reader:
            info = reader.info
            return self.put(key, reader, size=info.size_bytes, **inherited(info, {"if_version": if_version}))

    def delete(self, key: str, *, if_version: int | None = None) -> bool:
        keys.check(key)
        terms = terms_of_deletion(if_version)
        return self._session.run(self._session.writes.delete(secrets.token_hex(16), key, terms))

    def begin_upload(self, key: str, *, length: int | None = None, **options: Unpack[PutOptions]) -> Upload:
        keys.check(key)
        terms = terms_of(key, self._limits, **options)
        name, row = self._session.run(uploads.begin(self._desk, key, length, terms))
        return uploads.NatsUpload(self._session, name, row)

    def resume_upload(self, upload_id: str) -> Upload:
        name = str(upload_id)[:64].encode("utf-8", "backslashreplace").decode()
        return uploads.NatsUpload(self._session, name, self._session.run(uploads.find_row(self._desk, name)))

    # ------------------------------------------------------------ links

    def sign(self, method: str, key: str, *, expires: float | timedelta, max_size: int | None = None) -> str:
        keys.check(key)
        if max_size is not None:
            count(max_size, "max_size")
        now = self._clock()
        until = now + seconds(expires, "expires")
        grant = signing.Grant(method=method, key=key, tenant=self._tenant, expires=until, max_size=max_size)
        return signing.sign(self._session.run(self._secret()), grant, now=now)

    def verify(self, method: str, token: str) -> tuple[str, int | None]:
        grant = signing.verify(self._session.run(self._secret()), token, now=self._clock())
        if (grant.method, grant.tenant) != (method, self._tenant):
            raise InvalidSignature("the link was made for another request")
        return grant.key, grant.max_size

    # ------------------------------------------------------------ care

    def cleanup(self, *, now: datetime | None = None) -> int:
        moment = self._clock() if now is None else now.timestamp()
        own, total = self._desk.wire.subjects.bucket, self._session.run(care.cleanup(self._desk, moment))
        for name in self._session.run(bucket.all_buckets(self._desk.wire, self._base)):
            if name != own:
                total += self._clean_other(name, moment)
        return total

    def _clean_other(self, name: str, moment: float) -> int:
        session = self._open_bucket(name)
        try:
            return session.run(care.cleanup(session.desk, moment))
        finally:
            session.close()

    def recover(self) -> Recovery:
        return self._session.run(care.recover(self._desk))

    # ------------------------------------------------------------ on the loop

    async def _find(self, key: str, version: int | None) -> tuple[Record, Hints]:
        """The live file of a key, and what its meta says of its body."""
        meta = await self._desk.wire.last(self._desk.wire.subjects.meta(key))
        if meta is None:
            raise ObjectNotFound(key)
        record = record_of(meta) if is_ours(meta) else await self._foreign(key)
        if record is None or not record.is_live(self._clock()):
            raise ObjectNotFound(key)
        if version in (None, record.version):
            return record, hints_of(meta)
        for older in await self._versions(key):
            if older.version == version:
                return older, Hints()
        raise ObjectNotFound(key)

    async def _versions(self, key: str) -> tuple[Record, ...]:
        now = self._clock()

        async def question(draft: Draft) -> tuple[Record, ...]:
            line = await accounts.live_record(draft, key, now)
            older = await history.of(draft, key) if line else []
            return tuple(record for record in (line, *older) if record and record.is_live(now))

        return await self._desk.ask(question)

    async def _foreign(self, key: str) -> Record | None:
        await self._desk.reconcile(key)
        return await self._desk.change(lambda draft: accounts.line_of(draft, key))

    async def _open(self, key: str, version: int | None, start: int, end: int | None) -> Reader:
        for attempt in range(_OPEN_ATTEMPTS):
            record, hints = await self._find(key, version)
            try:
                file = await open_body(self._session, key, record, hints)
            except ObjectNotFound:
                if attempt == _OPEN_ATTEMPTS - 1:
                    raise StoreError(f"{key}: its content is missing from the store") from None
                continue  # overwritten or deleted since the meta was read: the next look shows what is there now
            return LocalReader(record.info(key), file, start, end)
        raise AssertionError  # the loop above returns or raises

    async def _usage(self) -> Usage:
        return await accounts.usage(await self._desk.look(), self._desk.rules())

    async def _secret(self) -> bytes:
        subject = self._desk.wire.subjects.secret
        for _ in range(_OPEN_ATTEMPTS):
            known = await self._desk.wire.last(subject)
            if known is not None:
                return known.data
            await self._desk.wire.publish(subject, secrets.token_bytes(_SECRET_BYTES), expect=0)
        raise StoreError("the store cannot keep a secret for its links")

    def _scan(self, draft: Draft, start: str, below: str | None) -> Iterator[_Listed]:
        """The live files of books that do not change, read in batches."""
        number, now = _FIRST_LINES, self._clock()
        end = "f0" if below is None else FILE + below
        place = FILE + start
        while lines := self._session.run(_lines(draft, place, end, number)):
            for line, text in lines:
                record = decode(text)
                if record.is_live(now):
                    yield _Listed(line.removeprefix(FILE), record)
            place, number = lines[-1][0] + "\0", min(_MOST_LINES, 4 * number)


async def _lines(draft: Draft, start: str, below: str, most: int) -> list[tuple[str, str]]:
    found = []
    async for line in draft.scan(start, below):
        found.append(line)
        if len(found) == most:
            break
    return found
