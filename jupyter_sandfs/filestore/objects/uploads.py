"""Bodies that arrive in pieces: each piece is an object, and one document says which of them count.

obstore begins multipart uploads of a service but cannot go on with one of another process; so the pieces are objects of
our own, and the commit streams them into one body, hashing it as a whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

from jupyter_sandfs.errors import InvalidRequest, ObjectTooLarge, OffsetMismatch, StoreError, UploadNotFound
from jupyter_sandfs.filestore.body import octets
from jupyter_sandfs.filestore.objects.bodies import Intake
from jupyter_sandfs.filestore.objects.bucket import Overtaken, Stamp
from jupyter_sandfs.filestore.objects.depot import Depot
from jupyter_sandfs.filestore.objects.layout import new_name
from jupyter_sandfs.filestore.protocol import FileInfo, Upload
from jupyter_sandfs.filestore.terms import Terms, count

_NAME = re.compile(r"[0-9a-f]{32}")
_SHOWN = 64
_MOST_PIECES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The document of an upload.

    Attributes:
        pieces: name and size in bytes of each piece that has arrived, in order.
        touched: seconds since 1970 when it last went on.
    """

    key: str
    length: int | None
    terms: Terms
    touched: float
    pieces: tuple[tuple[str, int], ...] = ()

    @property
    def offset(self) -> int:
        return sum(size for _, size in self.pieces)


class ObjectUpload(Upload):
    """An upload to object storage. What was appended outlives this process."""

    def __init__(self, depot: Depot, upload_id: str, state: State) -> None:
        self._depot = depot
        self.upload_id = upload_id
        self.key = state.key
        self.length = state.length

    @property
    def offset(self) -> int:
        return _find(self._depot, self.upload_id)[0].offset

    def append(self, chunk: bytes | bytearray | memoryview, offset: int) -> int:
        view = octets(chunk)
        state, stamp = _find(self._depot, self.upload_id)
        total = self._check(state, offset, len(view))
        if self.length is None:
            self._depot.reserve(self.upload_id, self.key, total, upload=True)
        piece = new_name()
        if view:
            self._depot.bucket.put(self._piece(piece), bytes(view))
        pieces = (*state.pieces, (piece, len(view))) if view else state.pieces
        try:
            self._write(replace(state, pieces=pieces, touched=self._depot.clock()), stamp)
        except Overtaken:
            self._depot.bucket.delete([self._piece(piece)])
            raise OffsetMismatch(self.upload_id, offset, self.offset) from None
        return total

    def commit(self) -> FileInfo:
        state, _ = _find(self._depot, self.upload_id)
        size = state.offset
        if self.length not in (None, size):
            raise InvalidRequest(f"{size} of {self.length} bytes have arrived; go on with the upload first")
        intake = Intake(self._depot, self.key, state.terms, size)
        info = intake.store(self._stream(state), claim=self.upload_id).info()
        self._remove()
        return info

    def abort(self) -> None:
        self._remove()
        self._depot.books.update(lambda ledger: ledger.drop(self.upload_id))

    def _stream(self, state: State) -> Iterator[bytes]:
        for name, size in state.pieces:
            yield from self._depot.bucket.stream(self._piece(name), 0, size)

    def _piece(self, name: str) -> str:
        return f"{self._depot.layout.parts(self.upload_id)}/{name}"

    def _write(self, state: State, stamp: Stamp) -> None:
        path = self._depot.layout.upload(self.upload_id)
        try:
            self._depot.bucket.write(path, dump(state), over=stamp)
        except Overtaken:
            # A request that is sent again after a lost answer finds its own work there.
            if _find(self._depot, self.upload_id)[0] != state:
                raise

    def _remove(self) -> None:
        """Drop document and pieces, the document first: without it nobody takes the pieces for an upload."""
        depot = self._depot
        depot.bucket.delete([depot.layout.upload(self.upload_id)])
        depot.bucket.delete([each.path for each in depot.bucket.list(depot.layout.parts(self.upload_id))])

    def _check(self, state: State, offset: int, more: int) -> int:
        end = state.offset
        if offset != end:
            raise OffsetMismatch(self.upload_id, offset, end)
        if self.length is not None and end + more > self.length:
            raise InvalidRequest(f"the upload goes on after the {self.length} bytes that were declared")
        if end + more > self._depot.limits.max_file_size:
            raise ObjectTooLarge(self._depot.limits.max_file_size)
        if len(state.pieces) >= _MOST_PIECES:
            raise InvalidRequest(f"an upload has at most {_MOST_PIECES} pieces: send larger ones")
        return end + more


def begin(depot: Depot, key: str, length: int | None, terms: Terms) -> ObjectUpload:
    """Write a new upload down. Raises ObjectTooLarge, QuotaExceeded, LimitExceeded."""
    if length is not None and count(length, "length") > depot.limits.max_file_size:
        raise ObjectTooLarge(depot.limits.max_file_size)
    name = new_name()
    state = State(key=key, length=length, terms=terms, touched=depot.clock())
    depot.reserve(name, key, length or 0, upload=True)
    depot.bucket.write(depot.layout.upload(name), dump(state), over=None)
    return ObjectUpload(depot, name, state)


def resume(depot: Depot, upload_id: str) -> ObjectUpload:
    """Find an upload of this tenant. Raises UploadNotFound."""
    return ObjectUpload(depot, upload_id, _find(depot, upload_id)[0])


def abort_stale(depot: Depot, name: str, now: float) -> None:
    """Give an upload up that nobody has gone on with for `upload_ttl` seconds, or that was never begun."""
    try:
        upload = ObjectUpload(depot, name, _find(depot, name)[0])
    except UploadNotFound:
        depot.books.update(lambda ledger: ledger.drop(name))
        return
    if _find(depot, name)[0].touched <= now - depot.limits.upload_ttl:
        upload.abort()


def dump(state: State) -> bytes:
    return json.dumps(asdict(state), ensure_ascii=False, separators=(",", ":")).encode()


def load(data: bytes) -> State:
    """Read the document of an upload. Raises StoreError when it is none."""
    try:
        document = json.loads(data)
        terms, pieces = Terms(**document.pop("terms")), document.pop("pieces")
        return State(**document, terms=terms, pieces=tuple((name, size) for name, size in pieces))
    except (ValueError, TypeError, KeyError) as error:
        raise StoreError("the document of the upload is damaged") from error


def _find(depot: Depot, upload_id: str) -> tuple[State, Stamp]:
    # It comes from a URL: what is none of our names must not become part of a path.
    found = None
    if isinstance(upload_id, str) and _NAME.fullmatch(upload_id):
        found = depot.bucket.read(depot.layout.upload(upload_id))
    if found is None:
        raise UploadNotFound(str(upload_id)[:_SHOWN].encode("utf-8", "backslashreplace").decode())
    return load(found[0]), found[1]
