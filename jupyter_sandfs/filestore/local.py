"""The default store: a directory with a SQLite index and contents by digest. Only the standard library."""

from __future__ import annotations

import io
import time
import warnings
import weakref
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Unpack

from jupyter_sandfs.errors import InvalidSignature, ObjectNotFound, StoreError
from jupyter_sandfs.filestore import keys, recovery, signing, uploads
from jupyter_sandfs.filestore.blobs import BlobDirectory
from jupyter_sandfs.filestore.index import Index
from jupyter_sandfs.filestore.intake import Intake
from jupyter_sandfs.filestore.ledger import BATCH, Content
from jupyter_sandfs.filestore.listing import check_listing, flat_page, list_page, start_of
from jupyter_sandfs.filestore.mounts import on_network_filesystem
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
from jupyter_sandfs.filestore.rows import Row, describe, find_with_body, key_of, live_rows
from jupyter_sandfs.filestore.terms import count, inherited, seconds, terms_of, terms_of_deletion
from jupyter_sandfs.filestore.vault import Vault

_OPEN_ATTEMPTS = 5


class LocalFileStore(FileStore):
    """Files in a directory, for any number of threads and processes of one machine.

    Opening it clears up after writers that were killed. `sign` makes tokens for our own HTTP route. Version numbers go
    on where they were after a deletion, and may skip some: what is remembered is one number for each of 65,536 groups
    of keys.

    Args:
        root: the directory; it is made, 0700, if it is missing.
        tenant: whose files these are; tenants of one directory share contents and see nothing of each other.
        clock: seconds since 1970.
        is_network: tells whether a directory is on a network file system, where SQLite cannot keep a write-ahead log.
    """

    def __init__(
        self,
        root: Path,
        *,
        tenant: str = "",
        limits: StoreLimits | None = None,
        clock: Callable[[], float] = time.time,
        is_network: Callable[[Path], bool] = on_network_filesystem,
    ) -> None:
        keys.check_tenant(tenant)
        blobs = BlobDirectory(root)
        remote = is_network(root)
        if remote:
            text = f"{root} is on a network file system: the store works, but slower, and one writer at a time"
            warnings.warn(text, RuntimeWarning, stacklevel=2)
        index = Index(root / "index.sqlite3", write_ahead=not remote)
        self._vault = Vault(index, blobs, tenant, limits or StoreLimits(), clock)
        self._close = weakref.finalize(self, index.close)
        recovery.clear_unfinished(self._vault)

    def close(self) -> None:
        self._close()

    # ------------------------------------------------------------ reading

    def head(self, key: str, *, version: int | None = None) -> FileInfo:
        return self._find(key, version)[0].info()

    def open(self, key: str, *, version: int | None = None, start: int = 0, end: int | None = None) -> Reader:
        count(start, "start")
        if end is not None:
            count(end, "end")
        info, file = self._open(key, version)
        return LocalReader(info, file, start, end)

    def list(
        self, prefix: str = "", *, delimiter: str | None = None, after: str | None = None, limit: int = 1000
    ) -> Page:
        check_listing(prefix, delimiter=delimiter, after=after, limit=limit)
        vault = self._vault
        now = vault.clock()
        with vault.reading() as rows:

            def scan(start: str, below: str | None) -> Iterator[Row]:
                return map(Row._make, live_rows(rows, vault.tenant, start=start, below=below, now=now))

            if delimiter is not None:
                return list_page(scan, prefix, delimiter=delimiter, after=after, limit=limit)
            start, below = start_of(prefix, None, after) or "", keys.successor(prefix)
            found = live_rows(rows, vault.tenant, start=start, below=below, now=now, limit=limit + 1)
            return flat_page(list(found), limit, key=key_of, describe=describe)

    def versions(self, key: str) -> tuple[FileInfo, ...]:
        keys.check(key)
        try:
            with self._vault.looking() as books:
                return tuple(row.info() for row in books.versions(key))
        except ObjectNotFound:
            return ()

    def usage(self) -> Usage:
        with self._vault.looking() as books:
            return books.usage()

    # ------------------------------------------------------------ writing

    def put(self, key: str, body: Body, *, size: int | None = None, **options: Unpack[PutOptions]) -> FileInfo:
        keys.check(key)
        terms = terms_of(key, self._vault.limits, **options)
        with Intake(self._vault, key, size) as intake:
            content = intake.take(body)
            return self._vault.commit(key, content, terms, claim=intake.claim, source=intake.path)

    def copy(self, source: str, target: str, **options: Unpack[PutOptions]) -> FileInfo:
        keys.check(source)
        keys.check(target)
        with self._vault.books() as books:
            original = books.find(source)
            terms = terms_of(target, self._vault.limits, **inherited(original.info(), options))
            terms.check_sha256(target, original.sha256)
            row, _ = books.store(target, Content(original.sha256, original.size), terms)
        return row.info()

    def restore(self, key: str, version: int, *, if_version: int | None = None) -> FileInfo:
        found = self.head(key, version=count(version, "version"))
        terms = terms_of(key, self._vault.limits, **inherited(found, {"if_version": if_version}))
        with self._vault.books() as books:
            return books.restore(key, version, terms).info()

    def delete(self, key: str, *, if_version: int | None = None) -> bool:
        keys.check(key)
        terms = terms_of_deletion(if_version)
        with self._vault.books() as books:
            return books.delete(key, terms)

    def begin_upload(self, key: str, *, length: int | None = None, **options: Unpack[PutOptions]) -> Upload:
        keys.check(key)
        return uploads.begin(self._vault, key, length, terms_of(key, self._vault.limits, **options))

    def resume_upload(self, upload_id: str) -> Upload:
        return uploads.resume(self._vault, upload_id)

    # ------------------------------------------------------------ links

    def sign(self, method: str, key: str, *, expires: float | timedelta, max_size: int | None = None) -> str:
        keys.check(key)
        if max_size is not None:
            count(max_size, "max_size")
        now = self._vault.clock()
        until = now + seconds(expires, "expires")
        grant = signing.Grant(method=method, key=key, tenant=self._vault.tenant, expires=until, max_size=max_size)
        return signing.sign(self._vault.blobs.secret(), grant, now=now)

    def verify(self, method: str, token: str) -> tuple[str, int | None]:
        grant = signing.verify(self._vault.blobs.secret(), token, now=self._vault.clock())
        if (grant.method, grant.tenant) != (method, self._vault.tenant):
            raise InvalidSignature("the link was made for another request")
        return grant.key, grant.max_size

    # ------------------------------------------------------------ care

    def cleanup(self, *, now: datetime | None = None) -> int:
        moment = self._vault.clock() if now is None else now.timestamp()
        recovery.clear_unfinished(self._vault)
        uploads.abort_stale(self._vault, moment)
        total = 0
        while True:
            with self._vault.books(now=moment) as books:
                expired = books.expire()
            total += expired
            if expired < BATCH:
                return total

    def recover(self) -> Recovery:
        return recovery.recover(self._vault)

    # ------------------------------------------------------------ rows and files

    def _find(self, key: str, version: int | None) -> tuple[Row, bytes | None]:
        keys.check(key)
        with self._vault.index.asking() as rows:
            return find_with_body(rows, self._vault.tenant, key, self._vault.clock(), version=version)

    def _open(self, key: str, version: int | None) -> tuple[FileInfo, BinaryIO]:
        for _ in range(_OPEN_ATTEMPTS):
            row, body = self._find(key, version)
            if body is not None:
                return row.info(), io.BytesIO(body)
            try:
                return row.info(), self._vault.blobs.open(row.sha256)
            except FileNotFoundError:
                continue  # overwritten or deleted since the row was read: the next look shows what is there now
        raise StoreError(f"{key}: its content is missing from the store")
