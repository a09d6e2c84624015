"""What the server remembers of a resumable upload besides its bytes, which are the store's.

It is kept on disk, for a client may come back after this process was killed: a note is one small file, replaced in one
step, whose name is made here.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jupyter_sandfs.errors import LimitExceeded, StoreError, UploadNotFound
from jupyter_sandfs.server.tus import Kind

_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One upload.

    Attributes:
        id: what its address ends with.
        tenant: whose it is.
        store_id: what the store calls it; empty for one that was joined from parts.
        key: where the file will be; for a part, where its bytes wait to be joined.
        length: in bytes; None until the client says it.
        metadata, concat: the headers Upload-Metadata and Upload-Concat as they were sent.
        options: of the write, as `PutOptions`.
        committing: the store was asked to finish it; if the store then does not know it any more, it did.
        checksum: of the finished file.
    """

    id: str = field(default_factory=lambda: secrets.token_hex(16))
    tenant: str
    store_id: str
    key: str
    length: int | None
    metadata: str = ""
    concat: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    committing: bool = False
    checksum: str | None = None

    @property
    def kind(self) -> Kind:
        return Kind(self.concat.partition(";")[0] or Kind.WHOLE)


class UploadNotes:
    """Notes in a directory, which is made, 0700, when the first is written.

    Args:
        lifetime: seconds that a note lives after it was last touched.
        clock: seconds since 1970.
        most: how many uploads are remembered at a time, finished ones too.
    """

    def __init__(
        self, directory: Path, lifetime: float, clock: Callable[[], float] = time.time, *, most: int = 10_000
    ) -> None:
        self._directory = directory
        self.lifetime = lifetime
        self._clock = clock
        self._most = most

    def add(self, note: Note) -> None:
        """Write a new note. Raises LimitExceeded."""
        if self._directory.is_dir() and sum(1 for _ in self._directory.iterdir()) >= self._most:
            raise LimitExceeded(f"{self._most} uploads are remembered already; the oldest are forgotten after a while")
        self.save(note)

    def save(self, note: Note) -> None:
        """Write a note, in place of an earlier one. Raises StoreError."""
        try:
            self._write(note)
        except OSError as error:
            raise StoreError(f"the server cannot take a note of the upload: {error.strerror}") from error

    def find(self, upload_id: str, tenant: str) -> Note:
        """Give a note of this tenant. Raises UploadNotFound."""
        path = self._path(upload_id)
        try:
            note = Note(**json.loads(path.read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, TypeError):  # none, one that a power cut spoiled, or of another release
            raise UploadNotFound(upload_id) from None
        if note.tenant != tenant or self._is_over(path):
            raise UploadNotFound(upload_id)
        return note

    def touch(self, note: Note) -> datetime:
        """Let a note live on; give the time when it will end. Raises UploadNotFound."""
        with _not_found(note.id):
            return datetime.fromtimestamp(self._stamp(self._path(note.id)) + self.lifetime, UTC)

    def end(self, note: Note) -> datetime:
        """When a note ends. Raises UploadNotFound."""
        with _not_found(note.id):
            return datetime.fromtimestamp(self._path(note.id).stat().st_mtime + self.lifetime, UTC)

    def remove(self, note: Note) -> None:
        """Forget an upload; one that is forgotten is no error."""
        self._path(note.id).unlink(missing_ok=True)

    def clean(self) -> None:
        """Remove what has ended."""
        if not self._directory.is_dir():
            return
        for path in self._directory.iterdir():
            if self._is_over(path):
                path.unlink(missing_ok=True)

    def _write(self, note: Note) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self._directory / f"{note.id}.{secrets.token_hex(4)}.draft"
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
            json.dump(asdict(note), file)
        self._stamp(draft)
        draft.replace(self._path(note.id))

    def _path(self, upload_id: str) -> Path:
        """Where a note is. Nothing that does not look like an id of ours becomes a name."""
        if not _ID.fullmatch(upload_id):
            raise UploadNotFound(upload_id[:64])
        return self._directory / f"{upload_id}.json"

    def _stamp(self, path: Path) -> float:
        now = self._clock()
        os.utime(path, (now, now))
        return now

    def _is_over(self, path: Path) -> bool:
        try:
            return path.stat().st_mtime + self.lifetime <= self._clock()
        except FileNotFoundError:
            return True


@contextmanager
def _not_found(upload_id: str) -> Iterator[None]:
    """Another request may have removed a note since it was found."""
    try:
        yield
    except FileNotFoundError:
        raise UploadNotFound(upload_id) from None
