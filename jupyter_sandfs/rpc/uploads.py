"""Files on their way in, chunk by chunk: gathered in memory, visible in one step at the end."""

from __future__ import annotations

import io
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from jupyter_sandfs import paths
from jupyter_sandfs.errors import FileTooLarge, InvalidRequest, NoSpace, NotADirectory, NotFound, RateLimited
from jupyter_sandfs.vfs.interface import FileSystem

MAX_LIVE = 64
IDLE_SECONDS = 600.0


@dataclass(slots=True)
class Upload:
    """One file on its way.

    Attributes:
        system: where it was begun, and where it will be written.
        size: bytes that were announced; unknown if None.
        content: gathers the bytes. CPython's BytesIO hands out what it gathered without a copy, so a file of 1 GiB
            needs 1 GiB here and not two.
        touched: the clock's time of the last chunk.
        is_archive: it is not one file but will be unpacked: what it takes is known only then.
        appends: it is added to what the file holds then.
    """

    system: FileSystem
    path: str
    size: int | None
    expected_version: int | None
    touched: float
    content: io.BytesIO = field(default_factory=io.BytesIO)
    is_archive: bool = False
    appends: bool = False

    @property
    def received(self) -> int:
        return self.content.tell()

    @property
    def claimed(self) -> int:
        """Bytes it holds or will hold."""
        return max(self.size or 0, self.received)


class Uploads:
    """All live uploads of one dispatcher. Thread-safe.

    Args:
        clock: seconds that only grow; an upload idle for `IDLE_SECONDS` is dropped.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._live: dict[str, Upload] = {}
        self._lock = threading.Lock()

    def begin(
        self,
        system: FileSystem,
        path: str,
        size: int | None,
        expected_version: int | None,
        *,
        is_archive: bool = False,
        appends: bool = False,
    ) -> str:
        """Start one; gives an id that can't be guessed.

        Raises:
            FileTooLarge, NoSpace: `size` does not fit.
            RateLimited: `MAX_LIVE` are under way.
        """
        if size is not None and size < 0:
            raise InvalidRequest(f"size is negative: {size}")
        upload = Upload(
            system,
            paths.normalize(path),
            size,
            expected_version,
            self._clock(),
            is_archive=is_archive,
            appends=appends,
        )
        with self._lock:
            self._drop_idle()
            if len(self._live) >= MAX_LIVE:
                raise RateLimited(f"{MAX_LIVE} uploads are under way: finish or abort one first")
            self._refuse_too_much(upload, size or 0)
            upload_id = secrets.token_urlsafe(24)
            self._live[upload_id] = upload
        return upload_id

    def append(self, upload_id: str, offset: int, chunk: bytes | memoryview) -> int:
        """Add bytes at `offset`, which must be the end so far; gives the new end. A refused chunk is not kept."""
        with self._lock:
            upload = self._find(upload_id)
            if offset != upload.received:
                raise InvalidRequest(f"offset is {offset}, but {upload.received} bytes have arrived")
            end = offset + len(chunk)
            if upload.size is not None and end > upload.size:
                raise InvalidRequest(f"{end} bytes, but {upload.size} were announced")
            if upload.size is None:  # otherwise its whole size was checked, and is claimed, since it began
                self._refuse_too_much(upload, end)
            upload.content.write(chunk)
            upload.touched = self._clock()
        return end

    def commit(self, upload_id: str) -> tuple[FileSystem, str, int, int]:
        """Write the file in one step; gives where it is: file system, path, size and version. Errors as `take`."""
        upload = self.take(upload_id)
        version = upload.system.write_bytes(
            upload.path, upload.content.getvalue(), append=upload.appends, expected_version=upload.expected_version
        )
        return upload.system, upload.path, upload.received, version

    def take(self, upload_id: str) -> Upload:
        """Give what has arrived; refused or not, the upload ends here.

        Raises:
            InvalidRequest: fewer bytes came than were announced.
        """
        with self._lock:
            upload = self._find(upload_id)
            del self._live[upload_id]
        if upload.size is not None and upload.received != upload.size:
            raise InvalidRequest(f"{upload.received} bytes have arrived, but {upload.size} were announced")
        return upload

    def abort(self, upload_id: str) -> None:
        """Drop it; an unknown one is no error, it may have been dropped before."""
        with self._lock:
            self._live.pop(upload_id, None)

    def _find(self, upload_id: str) -> Upload:
        self._drop_idle()
        upload = self._live.get(upload_id)
        if upload is None:
            raise InvalidRequest("no such upload: it was finished, aborted or idle for too long")
        return upload

    def _drop_idle(self) -> None:
        latest = self._clock() - IDLE_SECONDS
        for upload_id in [key for key, upload in self._live.items() if upload.touched < latest]:
            del self._live[upload_id]

    def _refuse_too_much(self, upload: Upload, size: int) -> None:
        """Refuse `size` bytes for `upload`, counting what the other uploads into the same tree claim.

        The write itself is checked again at the end: this bounds memory and saves the sender's time.
        """
        limits = upload.system.limits
        most, what = (limits.total_bytes, "an archive") if upload.is_archive else (limits.file_bytes, "a file")
        if size > most:
            raise FileTooLarge(upload.path, f"{what} holds at most {most} bytes")
        others = sum(each.claimed for each in self._live.values() if each is not upload)
        used = 0 if upload.is_archive else upload.system.stats().total_size - _replaced(upload)
        if used + others + max(size, upload.claimed) > limits.total_bytes:
            raise NoSpace(upload.path, f"the sandbox holds at most {limits.total_bytes} bytes")


def _replaced(upload: Upload) -> int:
    """Bytes that the file now at the path gives back."""
    if upload.appends:
        return 0
    try:
        return upload.system.stat(upload.path).size
    except (NotFound, NotADirectory):
        return 0
