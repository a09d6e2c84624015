"""Bodies that arrive in pieces: the file grows, its size is the offset: no second truth to tear."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from dataclasses import asdict
from typing import BinaryIO

from jupyter_sandfs.errors import InvalidRequest, ObjectTooLarge, OffsetMismatch, UploadNotFound
from jupyter_sandfs.filestore.blobs import write_all
from jupyter_sandfs.filestore.body import octets
from jupyter_sandfs.filestore.ledger import Content
from jupyter_sandfs.filestore.protocol import CHUNK_BYTES, FileInfo, Upload
from jupyter_sandfs.filestore.rows import UPLOAD_COLUMNS, UploadRow
from jupyter_sandfs.filestore.terms import Terms, count
from jupyter_sandfs.filestore.vault import INLINE_BYTES, Vault


class LocalUpload(Upload):
    """An upload to a local store. What was appended outlives this process.

    A kill in the middle of `commit` may take the bytes back to offset 0, where the sender goes on as `offset` says.
    """

    def __init__(self, vault: Vault, row: UploadRow) -> None:
        self._vault = vault
        self._terms = Terms(**json.loads(row.terms))
        self.upload_id = row.id
        self.key = row.key
        self.length = row.length

    @property
    def offset(self) -> int:
        _find(self._vault, self.upload_id)
        try:
            return self._vault.blobs.upload(self.upload_id).stat().st_size
        except FileNotFoundError:
            return 0

    def append(self, chunk: bytes | bytearray | memoryview, offset: int) -> int:
        view = octets(chunk)
        with self._vault.blobs.open_upload(self.upload_id) as file:
            end = self._end(file)
            total = self._check(offset, end, len(view))
            if self.length is None:
                self._vault.reserve(self.upload_id, self.key, total)
            try:
                write_all(file, view)
            except BaseException:
                file.truncate(end)
                raise
        return total

    def commit(self) -> FileInfo:
        blobs = self._vault.blobs
        with blobs.open_upload(self.upload_id) as file:
            size = self._end(file)
            if self.length not in (None, size):
                raise InvalidRequest(f"{size} of {self.length} bytes have arrived; go on with the upload first")
            content = _content(file, size)
            source = blobs.upload(self.upload_id) if content.body is None else None
            info = self._vault.commit(self.key, content, self._terms, claim=self.upload_id, source=source)
            blobs.discard_upload(self.upload_id)
        return info

    def abort(self) -> None:
        with self._vault.blobs.open_upload(self.upload_id):
            self._vault.release(self.upload_id)
            self._vault.blobs.discard_upload(self.upload_id)

    def _end(self, file: BinaryIO) -> int:
        """The size of the locked file, if the upload is still one: by now another process may have finished it."""
        try:
            with self._vault.books() as books:
                books.touch_upload(self.upload_id)
        except UploadNotFound:
            self._vault.blobs.discard_upload(self.upload_id)
            raise
        return file.seek(0, os.SEEK_END)

    def _check(self, offset: int, end: int, more: int) -> int:
        if offset != end:
            raise OffsetMismatch(self.upload_id, offset, end)
        if self.length is not None and end + more > self.length:
            raise InvalidRequest(f"the upload goes on after the {self.length} bytes that were declared")
        if end + more > self._vault.limits.max_file_size:
            raise ObjectTooLarge(self._vault.limits.max_file_size)
        return end + more


def begin(vault: Vault, key: str, length: int | None, terms: Terms) -> LocalUpload:
    """Write a new upload down. Raises ObjectTooLarge, QuotaExceeded, LimitExceeded."""
    if length is not None and count(length, "length") > vault.limits.max_file_size:
        raise ObjectTooLarge(vault.limits.max_file_size)
    row = UploadRow(secrets.token_hex(16), vault.tenant, key, length, json.dumps(asdict(terms)))
    with vault.books() as books:
        books.add_upload(row)
    return LocalUpload(vault, row)


def resume(vault: Vault, upload_id: str) -> LocalUpload:
    """Find an upload of this tenant. Raises UploadNotFound."""
    return LocalUpload(vault, _find(vault, upload_id))


def abort_stale(vault: Vault, now: float) -> None:
    """Give up the uploads, of all tenants, that nobody has gone on with for `upload_ttl` seconds."""
    question = f"SELECT {UPLOAD_COLUMNS} FROM upload WHERE touched <= ?"  # noqa: S608  constants
    with vault.reading() as rows:
        stale = rows.execute(question, (now - vault.limits.upload_ttl,)).fetchall()
    for row in stale:
        LocalUpload(vault, UploadRow(*row)).abort()


def _find(vault: Vault, upload_id: str) -> UploadRow:
    question = f"SELECT {UPLOAD_COLUMNS} FROM upload WHERE id = ? AND tenant = ?"  # noqa: S608  constants
    with vault.reading() as rows:
        found = rows.execute(question, (_printable(upload_id), vault.tenant)).fetchone()
    if found is None:
        raise UploadNotFound(_printable(upload_id))
    return UploadRow(*found)


def _printable(upload_id: str) -> str:
    # It comes from a URL: whatever it is, it must reach neither SQLite nor a message as half a character.
    return str(upload_id)[:64].encode("utf-8", "backslashreplace").decode()


def _content(file: BinaryIO, size: int) -> Content:
    file.seek(0)
    if size <= INLINE_BYTES:
        body = file.read(size)
        return Content(hashlib.sha256(body).hexdigest(), size, body)
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK_BYTES):
        digest.update(chunk)
    os.fsync(file.fileno())
    return Content(digest.hexdigest(), size)
