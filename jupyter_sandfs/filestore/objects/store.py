"""A file store over object storage."""

from __future__ import annotations

import secrets
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Unpack

from jupyter_sandfs.errors import (
    InvalidSignature,
    ObjectNotFound,
    StoreError,
    Unsupported,
    VersionConflict,
)
from jupyter_sandfs.filestore import keys, signing
from jupyter_sandfs.filestore.listing import check_listing, list_page
from jupyter_sandfs.filestore.objects import arrivals, care, uploads
from jupyter_sandfs.filestore.objects.bodies import Intake, ObjectReader
from jupyter_sandfs.filestore.objects.bucket import Bucket, Overtaken
from jupyter_sandfs.filestore.objects.depot import Depot
from jupyter_sandfs.filestore.objects.entries import Entry, described
from jupyter_sandfs.filestore.objects.layout import new_name, root_of
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
from jupyter_sandfs.filestore.terms import Terms, count, inherited, seconds, terms_of, terms_of_deletion


class ObjectFileStore(FileStore):
    """Files in a bucket, for any number of threads, processes and machines.

    `sign` makes links of the service, where it has some. A body that was deleted, or replaced and is not kept as an
    older version, stays for an hour, for those who read it.

    Args:
        tenant: whose files these are; tenants of one bucket see nothing of each other.
        clock: seconds since 1970. Clocks of machines that share a bucket may differ by minutes, not by hours.
    """

    def __init__(
        self,
        bucket: Bucket,
        *,
        tenant: str = "",
        limits: StoreLimits | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        keys.check_tenant(tenant)
        if not bucket.is_conditional:
            text = (
                "this storage service ignores the conditions of writes: if_version and if_none_match are refused, and "
                "when several processes write at once, the last write counts and usage is only right after recover()"
            )
            warnings.warn(text, RuntimeWarning, stacklevel=2)
        self._open_depot = Depot(bucket, root_of(tenant), limits or StoreLimits(), clock)
        self._is_closed = False

    @property
    def _depot(self) -> Depot:
        if self._is_closed:
            raise StoreError("the store is closed")
        return self._open_depot

    def close(self) -> None:
        self._is_closed = True

    # ------------------------------------------------------------ reading

    def head(self, key: str, *, version: int | None = None) -> FileInfo:
        return self._find(key, version).info()

    def open(self, key: str, *, version: int | None = None, start: int = 0, end: int | None = None) -> Reader:
        count(start, "start")
        if end is not None:
            count(end, "end")
        entry = self._find(key, version)
        depot = self._depot
        return ObjectReader(depot.bucket, depot.layout.body(entry.body), entry.info(), start, end)

    def list(
        self, prefix: str = "", *, delimiter: str | None = None, after: str | None = None, limit: int = 1000
    ) -> Page:
        check_listing(prefix, delimiter=delimiter, after=after, limit=limit)
        depot = self._depot
        now = depot.clock()

        def scan(start: str, below: str | None) -> Iterator[Entry]:
            return (entry for entry in depot.catalog.walk(start, below) if entry.is_live(now))

        return list_page(scan, prefix, delimiter=delimiter, after=after, limit=limit)

    def versions(self, key: str) -> tuple[FileInfo, ...]:
        try:
            return tuple(each.info() for each in self._find(key, None).versions(self._depot.clock()))
        except ObjectNotFound:
            return ()

    def usage(self) -> Usage:
        ledger = self._depot.counted()
        return Usage(
            total_bytes=ledger.size,
            file_count=ledger.files,
            reserved_bytes=ledger.reserved(),
            max_total_bytes=self._depot.limits.max_total_bytes,
            kept_bytes=ledger.kept,
        )

    # ------------------------------------------------------------ writing

    def put(self, key: str, body: Body, *, size: int | None = None, **options: Unpack[PutOptions]) -> FileInfo:
        keys.check(key)
        return Intake(self._depot, key, self._terms(key, **options), size).store(body).info()

    def copy(self, source: str, target: str, **options: Unpack[PutOptions]) -> FileInfo:
        keys.check(target)
        depot = self._depot
        original = self._find(source, None)
        info = original.info()
        terms = self._terms(target, **inherited(info, options))
        name = new_name()
        content = described(info.size_bytes, info.checksum.partition(":")[2], terms)

        def deliver() -> None:
            depot.bucket.copy(depot.layout.body(original.body), depot.layout.body(name))

        return depot.commit(name, target, content, terms, deliver=deliver).info()

    def restore(self, key: str, version: int, *, if_version: int | None = None) -> FileInfo:
        found = self.head(key, version=count(version, "version"))
        terms = self._terms(key, **inherited(found, {"if_version": if_version}))
        return self._depot.restore(key, version, terms).info()

    def delete(self, key: str, *, if_version: int | None = None) -> bool:
        keys.check(key)
        return self._depot.empty(key, self._possible(terms_of_deletion(if_version)))

    def begin_upload(self, key: str, *, length: int | None = None, **options: Unpack[PutOptions]) -> Upload:
        keys.check(key)
        return uploads.begin(self._depot, key, length, self._terms(key, **options))

    def resume_upload(self, upload_id: str) -> Upload:
        return uploads.resume(self._depot, upload_id)

    # ------------------------------------------------------------ links

    def sign(self, method: str, key: str, *, expires: float | timedelta, max_size: int | None = None) -> str:
        keys.check(key)
        if max_size is not None:
            count(max_size, "max_size")
        depot = self._depot
        now = depot.clock()
        until = now + seconds(expires, "expires")
        grant = signing.Grant(method=method, key=key, tenant=depot.layout.root, expires=until, max_size=max_size)
        token = signing.sign(self._secret(), grant, now=now)
        return self._service_link(grant, until - now) if depot.bucket.signs else token

    def verify(self, method: str, token: str) -> tuple[str, int | None]:
        depot = self._depot
        grant = signing.verify(self._secret(), token, now=depot.clock())
        if (grant.method, grant.tenant) != (method, depot.layout.root):
            raise InvalidSignature("the link was made for another request")
        return grant.key, grant.max_size

    def _service_link(self, grant: signing.Grant, lifetime: float) -> str:
        """A pre-signed URL: of the body, or of the place where a new file is taken over from (`arrivals`)."""
        depot = self._depot
        if grant.method == "GET":
            entry = self._find(grant.key, None)
            left = lifetime if entry.expires is None else min(lifetime, entry.expires - depot.clock())
            return depot.bucket.sign("GET", depot.layout.body(entry.body), left)
        if grant.max_size is not None:
            raise Unsupported("a link of the storage service cannot bound a size; max_file_size holds all the same")
        with suppress(ObjectNotFound):
            raise VersionConflict(grant.key, 0, self._find(grant.key, None).version)
        return depot.bucket.sign("PUT", depot.layout.arrival(grant.key), lifetime)

    def _secret(self) -> bytes:
        """The key that signs tokens of this tenant; made when it is first asked for."""
        bucket, path = self._depot.bucket, self._depot.layout.secret
        with suppress(Overtaken):
            if (found := bucket.read(path)) is None:
                bucket.write(path, secrets.token_bytes(32), over=None)
        found = found or bucket.read(path)
        assert found is not None, "somebody has just written it"
        return found[0]

    # ------------------------------------------------------------ care

    def cleanup(self, *, now: datetime | None = None) -> int:
        moment = self._depot.clock() if now is None else now.timestamp()
        return sum(care.cleanup(depot, moment) for depot in self._depot.of_all_tenants())

    def recover(self) -> Recovery:
        return care.recover(self._depot, self._depot.clock())

    # ------------------------------------------------------------ parts

    def _find(self, key: str, version: int | None) -> Entry:
        keys.check(key)
        depot = self._depot
        entry, _ = depot.catalog.find(key)
        if entry is None or not entry.is_live(depot.clock()):
            entry = arrivals.take_over(depot, key)
        kept = [] if entry is None else entry.versions(depot.clock())
        for each in kept:
            if version in (None, each.version):
                return each
        raise ObjectNotFound(key)

    def _terms(self, key: str, **options: Unpack[PutOptions]) -> Terms:
        return self._possible(terms_of(key, self._depot.limits, **options))

    def _possible(self, terms: Terms) -> Terms:
        """Raise Unsupported for terms that this service can't hold anybody to."""
        if terms.if_version is not None and not self._depot.bucket.is_conditional:
            raise Unsupported("if_version and if_none_match: this storage service ignores the conditions of writes")
        return terms
