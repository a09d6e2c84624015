"""The staging store of another Jupyter server, over HTTP (`server/store.py` is the other end)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, Unpack

from jupyter_sandfs.errors import StoreError, UploadNotFound
from jupyter_sandfs.filestore import keys, wire
from jupyter_sandfs.filestore.body import chunks, octets
from jupyter_sandfs.filestore.listing import check_listing
from jupyter_sandfs.filestore.protocol import (
    Body,
    FileInfo,
    FileStore,
    Page,
    PutOptions,
    Reader,
    Recovery,
    Upload,
    Usage,
)
from jupyter_sandfs.filestore.remote_link import RemoteLink, is_unanswered
from jupyter_sandfs.filestore.remote_reader import RemoteReader
from jupyter_sandfs.filestore.terms import count, seconds

_ATTEMPTS = 3
_UPLOAD_ID = re.compile(r"[A-Za-z0-9_.~-]{1,128}")


class RemoteFileStore(FileStore):
    """The store behind `https://host/base/sandfs`. Limits and tenant are those that the server gives the user.

    Bodies above 8 MiB go as an upload, in pieces.

    Args:
        url: of the server's `sandfs`, without query and fragment.
        token: a token of the server; None where it asks for none.
    """

    def __init__(self, url: str, *, token: str | None = None) -> None:
        self._base = url.rstrip("/")
        self._open_link = RemoteLink(f"{self._base}/v1/store", token)
        self._is_closed = False

    @property
    def _link(self) -> RemoteLink:
        if self._is_closed:
            raise StoreError("the store is closed")
        return self._open_link

    def close(self) -> None:
        self._is_closed = True

    # ------------------------------------------------------------ reading

    def head(self, key: str, *, version: int | None = None) -> FileInfo:
        keys.check(key)
        return wire.load_info(self._link.read("head", key=key, version=version))

    def open(self, key: str, *, version: int | None = None, start: int = 0, end: int | None = None) -> Reader:
        keys.check(key)
        count(start, "start")
        if end is not None:
            count(end, "end")
        return RemoteReader(self._link, key, version, start, end)

    def list(
        self, prefix: str = "", *, delimiter: str | None = None, after: str | None = None, limit: int = 1000
    ) -> Page:
        check_listing(prefix, delimiter=delimiter, after=after, limit=limit)
        return wire.load_page(self._link.read("list", prefix=prefix, delimiter=delimiter, after=after, limit=limit))

    def versions(self, key: str) -> tuple[FileInfo, ...]:
        keys.check(key)
        return tuple(wire.load_info(each) for each in self._link.read("versions", key=key))

    def usage(self) -> Usage:
        return wire.load_usage(self._link.read("usage"))

    # ------------------------------------------------------------ writing

    def put(self, key: str, body: Body, *, size: int | None = None, **options: Unpack[PutOptions]) -> FileInfo:
        keys.check(key)
        pieces = _pieces(body)
        first = next(pieces, b"")
        second = next(pieces, None)
        if second is None:
            arguments = {"key": key, "size": size, **wire.dump_options(options)}
            return wire.load_info(self._link.send("PUT", first, **arguments))
        upload = self.begin_upload(key, length=size, **options)
        try:
            offset = 0
            for piece in chain([first, second], pieces):
                offset = upload.append(piece, offset)
            return upload.commit()
        except BaseException:
            upload.abort()
            raise

    def copy(self, source: str, target: str, **options: Unpack[PutOptions]) -> FileInfo:
        keys.check(source)
        keys.check(target)
        arguments = {"source": source, "target": target, **wire.dump_options(options)}
        return wire.load_info(self._link.change("copy", **arguments))

    def restore(self, key: str, version: int, *, if_version: int | None = None) -> FileInfo:
        keys.check(key)
        arguments = {"key": key, "version": count(version, "version"), "if_version": if_version}
        return wire.load_info(self._link.change("restore", **arguments))

    def delete(self, key: str, *, if_version: int | None = None) -> bool:
        keys.check(key)
        return bool(self._link.change("delete", key=key, if_version=if_version))

    def begin_upload(self, key: str, *, length: int | None = None, **options: Unpack[PutOptions]) -> Upload:
        keys.check(key)
        arguments = {"key": key, "length": length, **wire.dump_options(options)}
        return RemoteUpload(self._link, self._link.change("begin_upload", **arguments))

    def resume_upload(self, upload_id: str) -> Upload:
        # It comes from a URL: what no store makes is not sent.
        if not isinstance(upload_id, str) or not _UPLOAD_ID.fullmatch(upload_id):
            raise UploadNotFound(str(upload_id)[:64].encode("utf-8", "backslashreplace").decode())
        return RemoteUpload(self._link, self._link.read("upload", upload_id=upload_id))

    # ------------------------------------------------------------ links

    def sign(self, method: str, key: str, *, expires: float | timedelta, max_size: int | None = None) -> str:
        """As `FileStore.sign`; a token of the server comes as the URL where the server takes it."""
        keys.check(key)
        lifetime = seconds(expires, "expires")
        made = str(self._link.change("sign", method=method, key=key, expires=lifetime, max_size=max_size))
        return made if "://" in made else self._signed + made

    def verify(self, method: str, token: str) -> tuple[str, int | None]:
        key, size = self._link.read("verify", method=method, token=str(token).removeprefix(self._signed))
        return key, size

    @property
    def _signed(self) -> str:
        return f"{self._base}/v1/signed/"

    # ------------------------------------------------------------ care

    def cleanup(self, *, now: datetime | None = None) -> int:
        return int(self._link.change("cleanup", now=now.isoformat() if now else None))

    def recover(self) -> Recovery:
        return wire.load_recovery(self._link.change("recover"))


class RemoteUpload(Upload):
    """An upload to another server. What was appended outlives this process and the server's."""

    def __init__(self, link: RemoteLink, document: dict[str, Any]) -> None:
        self._link = link
        self.upload_id = document["upload_id"]
        self.key = document["key"]
        self.length = document["length"]

    @property
    def offset(self) -> int:
        return int(self._link.read("upload", upload_id=self.upload_id)["offset"])

    def append(self, chunk: bytes | bytearray | memoryview, offset: int) -> int:
        rest = octets(chunk)
        while True:
            piece, rest = bytes(rest[: wire.PIECE_BYTES]), rest[wire.PIECE_BYTES :]
            offset = self._append(piece, offset)
            if not rest:
                return offset

    def _append(self, piece: bytes, offset: int) -> int:
        """Send one piece. Where no answer comes, the server is asked whether it arrived."""
        for _ in range(_ATTEMPTS):
            try:
                return int(self._link.send("POST", piece, upload_id=self.upload_id, offset=offset))
            except StoreError as error:
                if not is_unanswered(error):
                    raise
                lost = error
            current = self.offset
            if current == offset + len(piece):
                return current
        raise lost

    def commit(self) -> FileInfo:
        return wire.load_info(self._link.change("commit_upload", upload_id=self.upload_id))

    def abort(self) -> None:
        try:
            self._link.change("abort_upload", upload_id=self.upload_id)
        except UploadNotFound:
            return


def _pieces(body: Body) -> Iterator[bytes]:
    """A body in pieces of `wire.PIECE_BYTES`, the last one perhaps smaller."""
    gathered = bytearray()
    for chunk in chunks(body):
        for at in range(0, len(chunk), wire.PIECE_BYTES):
            gathered += chunk[at : at + wire.PIECE_BYTES]
            if len(gathered) >= wire.PIECE_BYTES:
                yield bytes(memoryview(gathered)[: wire.PIECE_BYTES])
                del gathered[: wire.PIECE_BYTES]
    if gathered:
        yield bytes(gathered)
