"""Bodies on their way in and out."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from itertools import chain
from urllib.parse import quote

from jupyter_sandfs.errors import InvalidRequest, ObjectTooLarge, QuotaExceeded, StoreError
from jupyter_sandfs.filestore.body import chunks
from jupyter_sandfs.filestore.objects.bucket import Bucket
from jupyter_sandfs.filestore.objects.depot import Depot
from jupyter_sandfs.filestore.objects.entries import Entry, described
from jupyter_sandfs.filestore.objects.layout import new_name
from jupyter_sandfs.filestore.protocol import Body, FileInfo, Reader
from jupyter_sandfs.filestore.terms import Terms, count

# Bodies up to this many bytes are put whole; of larger ones, space is claimed in steps of it.
STEP_BYTES = 8 << 20


class Intake:
    """Takes one body for one key: measured and hashed on its way to the bucket."""

    def __init__(self, depot: Depot, key: str, terms: Terms, size: int | None = None) -> None:
        self._depot = depot
        self._key = key
        self._terms = terms
        self._size = None if size is None else count(size, "size")
        self._limit = depot.limits.max_file_size
        if size is not None and size > self._limit:
            raise ObjectTooLarge(self._limit)
        self._name = new_name()
        self._digest = hashlib.sha256()
        self._taken = 0
        self._granted = 0

    def store(self, body: Body, *, claim: str = "") -> Entry:
        """Take the whole body and make the key hold it.

        Args:
            claim: a claim whose space the body takes.

        Raises:
            InvalidRequest: no bytes, or not as many as declared.
            ObjectTooLarge, and as `Depot.commit`.
        """
        measured = self._measured(body)
        start = bytearray()
        for chunk in measured:
            start += chunk
            if self._taken > STEP_BYTES:
                return self._store_large(chain([memoryview(start)], measured), claim)
        return self._commit(claim, bytes(start))

    def _store_large(self, body: Iterator[memoryview], claim: str) -> Entry:
        try:
            if claim:
                self._depot.reserve(self._name, self._key, 0)  # the space is there; the body must not look forgotten
            else:
                self._reserve()
                body = self._reserving(body)
            attributes = attributes_of(self._key, self._terms.content_type)
            self._depot.bucket.put_chunks(self._path, body, attributes, most=self._size or self._limit)
        except BaseException:
            self._depot.give_up(self._name)
            raise
        return self._commit(claim, None)

    def _commit(self, claim: str, whole: bytes | None) -> Entry:
        def deliver() -> None:
            if whole is not None:
                self._depot.bucket.put(self._path, whole, attributes_of(self._key, self._terms.content_type))

        content = described(self._taken, self._digest.hexdigest(), self._terms)
        return self._depot.commit(self._name, self._key, content, self._terms, claim=claim, deliver=deliver)

    @property
    def _path(self) -> str:
        return self._depot.layout.body(self._name)

    def _measured(self, body: Body) -> Iterator[memoryview]:
        for chunk in chunks(body):
            self._taken += len(chunk)
            if self._taken > self._limit:
                raise ObjectTooLarge(self._limit)
            if self._size is not None and self._taken > self._size:
                raise InvalidRequest(f"the body goes on after the {self._size} bytes that were declared")
            self._digest.update(chunk)
            yield chunk
        if self._size is not None and self._taken != self._size:
            raise InvalidRequest(f"the body ends after {self._taken} bytes, {self._size} were declared")

    def _reserving(self, body: Iterator[memoryview]) -> Iterator[memoryview]:
        for chunk in body:
            if self._taken > self._granted:
                self._reserve()
            yield chunk

    def _reserve(self) -> None:
        """Claim the declared size or a step ahead; where that is too much, just what has arrived."""
        ahead = self._size or min(self._taken + STEP_BYTES, self._limit)
        try:
            self._depot.reserve(self._name, self._key, ahead)
        except QuotaExceeded:
            if self._size:
                raise
            ahead = self._taken
            self._depot.reserve(self._name, self._key, ahead)
        self._granted = ahead


def attributes_of(key: str, content_type: str) -> dict[str, str]:
    """What the service says of a body to those who come by a link: its type, and that it is no page to be shown."""
    name = quote(key.rpartition("/")[2], safe="")
    return {"Content-Type": content_type, "Content-Disposition": f"attachment; filename*=UTF-8''{name}"}


class ObjectReader(Reader):
    """The bytes of a body from `start` up to, without, `end`; both are cut to its size.

    Reading on is one request, however far; seeking elsewhere ends it, and the next read begins another.
    """

    def __init__(self, bucket: Bucket, path: str, info: FileInfo, start: int, end: int | None) -> None:
        self.info = info
        self._bucket = bucket
        self._path = path
        self._start = min(start, info.size_bytes)
        self._end = max(self._start, min(info.size_bytes if end is None else end, info.size_bytes))
        self._at = self._start
        self._chunks: Iterator[bytes] | None = None
        self._rest = memoryview(b"")
        self._is_closed = False

    def read(self, size: int = -1, /) -> bytes:
        if self._is_closed:
            raise ValueError("read of a closed file")
        left = max(0, self._end - self._at)
        wanted = left if size < 0 else min(size, left)
        found = bytearray()
        while len(found) < wanted:
            if not self._rest:
                self._rest = memoryview(self._next_chunk())
            taken = self._rest[: wanted - len(found)]
            self._rest = self._rest[len(taken) :]
            found += taken
            self._at += len(taken)
        return bytes(found)

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        origins = {os.SEEK_SET: self._start, os.SEEK_CUR: self._at, os.SEEK_END: self._end}
        if whence not in origins or origins[whence] + offset < self._start:
            raise InvalidRequest(f"no place to seek to: offset {offset}, whence {whence}")
        if origins[whence] + offset != self._at:
            self._at = origins[whence] + offset
            self._chunks, self._rest = None, memoryview(b"")
        return self._at - self._start

    def tell(self) -> int:
        return self._at - self._start

    def close(self) -> None:
        self._is_closed = True
        self._chunks, self._rest = None, memoryview(b"")

    def _next_chunk(self) -> bytes:
        if self._chunks is None:
            self._chunks = self._bucket.stream(self._path, self._at, self._end)
        try:
            return next(self._chunks)
        except StopIteration:
            raise StoreError(f"{self.info.key}: its content in the store ends too early") from None
