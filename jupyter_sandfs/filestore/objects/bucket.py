"""The few things asked of object storage, with its errors translated. Nothing above this module knows obstore."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)
from obstore.store import MemoryStore

from jupyter_sandfs.errors import StoreError, Unsupported

# S3 takes at most 10,000 parts of at least 5 MiB; four at a time keep a process's memory flat.
_PART_BYTES = 5 << 20
_MOST_PARTS = 9_000
_PARTS_AT_ONCE = 4
_READ_BYTES = 1 << 20
_LISTED_AT_ONCE = 500
_LONGEST_DETAIL = 200
_NONE: Mapping[str, str] = {}
_QUERY = re.compile(r"\?[^\s\"']*")  # of a URL in a message: signatures and tokens stand there


class Overtaken(Exception):
    """The document was replaced since it was read: no error of ours, the caller reads it again."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which state of an object is meant: its ETag, and where the service counts generations, that number."""

    e_tag: str | None
    version: str | None

    def mode(self) -> dict[str, str]:
        pairs = {"e_tag": self.e_tag, "version": self.version}
        return {name: value for name, value in pairs.items() if value is not None}


class Listed(NamedTuple):
    """An object in a listing; `size` in bytes."""

    path: str
    size: int
    stamp: Stamp


class Bucket:
    """Objects by path, in one bucket or container below one prefix.

    Args:
        store: an obstore store, whose prefix is the one meant.
        is_conditional: the service refuses a write whose condition does not hold (see `probe`).
        path_bytes: bytes that the service leaves for a path below the prefix.
    """

    def __init__(self, store: Any, *, is_conditional: bool = True, path_bytes: int = 1024) -> None:
        self._store = store
        self.is_conditional = is_conditional
        self.path_bytes = path_bytes

    @property
    def signs(self) -> bool:
        """Whether the service makes links of its own."""
        return not isinstance(self._store, MemoryStore)

    # ------------------------------------------------------------ documents

    def read(self, path: str) -> tuple[bytes, Stamp] | None:
        """Give a small object and its state; None if it is absent."""
        with _translated():
            try:
                found = obstore.get(self._store, path)
                return bytes(found.bytes()), _stamp(found.meta)
            except FileNotFoundError:
                return None

    def write(self, path: str, content: bytes, *, over: Stamp | None) -> Stamp:
        """Write a small object in place of the state `over`; None stands for its absence. Raises Overtaken."""
        mode: Any = (over.mode() if over else "create") if self.is_conditional else "overwrite"
        with _translated():
            try:
                return _stamp(obstore.put(self._store, path, content, mode=mode, use_multipart=False))
            except (AlreadyExistsError, PreconditionError) as error:
                raise Overtaken(path) from error
            except FileNotFoundError as error:
                if over:  # what is gone is answered with 404 by S3, where others say that the condition failed
                    raise Overtaken(path) from error
                raise StoreError("there is no such bucket or container") from error

    # ------------------------------------------------------------ bodies

    def put(self, path: str, body: bytes, attributes: Mapping[str, str] = _NONE) -> None:
        """Write an object in one request."""
        with _translated():
            obstore.put(self._store, path, body, attributes=dict(attributes), use_multipart=False)

    def put_chunks(self, path: str, body: Iterable[memoryview], attributes: Mapping[str, str], *, most: int) -> None:
        """Write a large object, which appears when it is complete; an iterable that raises writes nothing.

        Args:
            most: bytes that there may be; it decides how large the parts are.
        """
        part = max(_PART_BYTES, -(-most // _MOST_PARTS))
        # The chunks are pulled here, not by obstore: there, they could make no requests of their own.
        with (
            _translated(),
            obstore.open_writer(
                self._store, path, attributes=dict(attributes), buffer_size=part, max_concurrency=_PARTS_AT_ONCE
            ) as file,
        ):
            for chunk in body:
                file.write(chunk)

    def stream(self, path: str, start: int, end: int) -> Iterator[bytes]:
        """Give the bytes from `start` up to, without, `end`, in chunks. An absent object is a StoreError."""
        with _translated():
            try:
                found = obstore.get(self._store, path, options={"range": (start, end)})
                chunks = iter(found.stream(min_chunk_size=_READ_BYTES))
            except FileNotFoundError:
                raise StoreError("the content of the file is missing from the store") from None
        while True:
            with _translated():
                chunk = next(chunks, None)
            if chunk is None:
                return
            yield bytes(chunk)

    def size(self, path: str) -> int | None:
        """The size of an object in bytes; None if it is absent."""
        with _translated():
            try:
                return int(obstore.head(self._store, path)["size"])
            except FileNotFoundError:
                return None

    def copy(self, source: str, target: str) -> None:
        """Copy an object inside the service. An absent one is a StoreError."""
        with _translated():
            try:
                obstore.copy(self._store, source, target)
            except FileNotFoundError:
                raise StoreError("the content of the file is missing from the store") from None

    def delete(self, paths: Sequence[str]) -> None:
        """Delete objects; absent ones are no error."""
        if not paths:
            return
        with _translated():
            try:
                obstore.delete(self._store, paths)
            except FileNotFoundError:  # what some services answer; and they may have stopped there
                for path in paths if len(paths) > 1 else ():
                    self.delete([path])

    # ------------------------------------------------------------ the rest

    def list(self, directory: str, after: str | None = None) -> Iterator[Listed]:
        """Give the objects below a directory whose paths come after `after`, in the order of the service."""
        with _translated():
            pages = iter(obstore.list(self._store, directory, offset=after, chunk_size=_LISTED_AT_ONCE))
        while True:
            with _translated():
                page = next(pages, None)
            if page is None:
                return
            for meta in page:
                yield Listed(meta["path"], meta["size"], _stamp(meta))

    def directories(self) -> tuple[str, ...]:
        """The directories at the top."""
        with _translated():
            return tuple(obstore.list_with_delimiter(self._store)["common_prefixes"])

    def sign(self, method: str, path: str, seconds: float) -> str:
        """A link of the service for one request, good for `seconds`."""
        with _translated():
            return str(obstore.sign(self._store, method, path, timedelta(seconds=seconds)))  # type: ignore[call-overload]  # GET or PUT, which signing.py checks


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (PermissionDeniedError, UnauthenticatedError) as error:
        raise StoreError(f"the storage service refuses the credentials: {detail_of(error)}") from error
    except NotImplementedError as error:
        raise Unsupported(f"this storage service does not offer that: {detail_of(error)}") from error
    except BaseError as error:
        raise StoreError(f"the storage service failed: {detail_of(error)}") from error


def probe(bucket: Bucket, path: str) -> bool:
    """Tell whether the service enforces conditions of writes: that is tried out, for some ignore them in silence."""
    bucket.delete([path])
    first = bucket.write(path, b"1", over=None)
    try:
        return _refuses(bucket, path, None) and _refuses_stale(bucket, path, first)
    finally:
        bucket.delete([path])


def _refuses(bucket: Bucket, path: str, over: Stamp | None) -> bool:
    try:
        bucket.write(path, b"3", over=over)
    except Overtaken:
        return True
    return False


def _refuses_stale(bucket: Bucket, path: str, stamp: Stamp) -> bool:
    bucket.write(path, b"2", over=stamp)
    return _refuses(bucket, path, stamp)


def _stamp(meta: Mapping[str, Any]) -> Stamp:
    return Stamp(meta["e_tag"], meta["version"])


def detail_of(error: BaseException) -> str:
    """The first line of a message, without what follows the question mark of a URL."""
    return _QUERY.sub("", str(error).partition("\n")[0])[:_LONGEST_DETAIL]
