"""Taking a body in: hashed, measured and, when it is not small, spooled to a file while it arrives."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from jupyter_sandfs.errors import InvalidRequest, ObjectTooLarge, QuotaExceeded
from jupyter_sandfs.filestore.blobs import write_all
from jupyter_sandfs.filestore.body import chunks
from jupyter_sandfs.filestore.ledger import Content
from jupyter_sandfs.filestore.protocol import Body
from jupyter_sandfs.filestore.terms import count
from jupyter_sandfs.filestore.vault import INLINE_BYTES, Vault

# Space is claimed in steps of this many bytes; bodies up to it are only checked when they are committed.
STEP_BYTES = 8 << 20


class Intake:
    """Takes one body for one key; leaving the `with` block removes what was not committed.

    Attributes:
        claim: name of the unfinished file and of the reservation; empty while there is no file.
    """

    def __init__(self, vault: Vault, key: str, size: int | None) -> None:
        self._vault = vault
        self._key = key
        self._size = None if size is None else count(size, "size")
        self._limit = vault.limits.max_file_size
        if size is not None and size > self._limit:
            raise ObjectTooLarge(self._limit)
        self._taken = 0
        self._granted = STEP_BYTES
        self._digest = hashlib.sha256()
        self._start = bytearray()
        self._file: BinaryIO | None = None
        self.claim = ""

    @property
    def path(self) -> Path | None:
        """The synced file with the body; None when it is small."""
        return self._vault.blobs.unfinished(self.claim) if self._file else None

    def take(self, body: Body) -> Content:
        """Take the whole body.

        Raises:
            InvalidRequest: no bytes, or not as many as declared.
            ObjectTooLarge, QuotaExceeded
        """
        for chunk in chunks(body):
            self._check(len(chunk))
            self._write(chunk)
        if self._size is not None and self._taken != self._size:
            raise InvalidRequest(f"the body ends after {self._taken} bytes, {self._size} were declared")
        if self._file:
            os.fsync(self._file.fileno())
        inline = None if self._file else bytes(self._start)
        return Content(self._digest.hexdigest(), self._taken, inline)

    def _check(self, more: int) -> None:
        self._taken += more
        if self._taken > self._limit:
            raise ObjectTooLarge(self._limit)
        if self._size is not None and self._taken > self._size:
            raise InvalidRequest(f"the body goes on after the {self._size} bytes that were declared")

    def _write(self, chunk: memoryview) -> None:
        self._digest.update(chunk)
        if self._file is None and self._taken <= INLINE_BYTES:
            self._start += chunk
            return
        if self._file is None:
            self.claim, self._file = self._vault.blobs.begin()
            write_all(self._file, self._start)
        if max(self._taken, self._size or 0) > self._granted:
            self._reserve()
        write_all(self._file, chunk)

    def _reserve(self) -> None:
        """Claim the declared size or a step ahead; where that is too much, just what has arrived."""
        ahead = self._size or min(self._taken + STEP_BYTES, self._limit)
        try:
            self._vault.reserve(self.claim, self._key, ahead)
        except QuotaExceeded:
            if self._size:
                raise
            ahead = self._taken
            self._vault.reserve(self.claim, self._key, ahead)
        self._granted = ahead

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is None:
            return
        self._vault.blobs.discard(self.claim)
        self._file.close()
        if error is not None and self._granted != STEP_BYTES:
            self._vault.release(self.claim)
