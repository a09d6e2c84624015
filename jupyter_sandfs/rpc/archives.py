"""Whole trees over the link: archives that leave chunk by chunk, and those that came in the same way."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidRequest, RateLimited
from jupyter_sandfs.rpc.operations import MAX_CHUNK, Body, Handler
from jupyter_sandfs.rpc.uploads import IDLE_SECONDS, Uploads
from jupyter_sandfs.vfs.interface import FileSystem

MAX_LIVE = 16
LISTED_PATHS = 1024  # as many as the seed's upload-batch names
_STEP_SECONDS = 1.0  # that one chunk may take to be made, beyond one piece


@dataclass(slots=True)
class Departure:
    """An archive on its way out.

    Attributes:
        rest: what the last piece holds beyond what was sent.
        sent: bytes so far.
        touched: the clock's time of the last chunk.
    """

    pieces: Iterator[bytes]
    touched: float
    rest: memoryview = field(default_factory=lambda: memoryview(b""))
    sent: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Departures:
    """All archives that are leaving through one dispatcher. Thread-safe.

    Args:
        clock: seconds that only grow; an archive that nobody asks for in `IDLE_SECONDS` is dropped.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._live: dict[str, Departure] = {}
        self._lock = threading.Lock()

    def begin(self, pieces: Iterator[bytes]) -> str:
        """Start one; gives an id that can't be guessed. Raises RateLimited: `MAX_LIVE` are under way."""
        with self._lock:
            self._drop_idle()
            if len(self._live) >= MAX_LIVE:
                raise RateLimited(f"{MAX_LIVE} archives are under way: finish or abort one first")
            archive_id = secrets.token_urlsafe(24)
            self._live[archive_id] = Departure(pieces, self._clock())
        return archive_id

    def read(self, archive_id: str, offset: int, length: int) -> tuple[bytes, bool]:
        """The next bytes, and whether they are the last; none so far if making them takes long.

        A failure ends the archive: what was sent of it is not one.

        Raises:
            InvalidRequest: `offset` is not where it goes on, or there is no such archive.
        """
        with self._lock:
            self._drop_idle()
            departure = self._live.get(archive_id)
        if departure is None:
            raise InvalidRequest("no such archive: it was finished, aborted or idle for too long")
        with departure.lock:
            if offset != departure.sent:
                raise InvalidRequest(f"offset is {offset}, but {departure.sent} bytes were sent")
            try:
                chunk, ended = self._next(departure, max(min(length, MAX_CHUNK), 1))
            except BaseException:
                self.abort(archive_id)
                raise
        if ended:
            self.abort(archive_id)
        return chunk, ended

    def abort(self, archive_id: str) -> None:
        """Drop it; an unknown one is no error, it may have been dropped before."""
        with self._lock:
            self._live.pop(archive_id, None)

    def _next(self, departure: Departure, length: int) -> tuple[bytes, bool]:
        parts: list[memoryview] = []
        ended = False
        until = self._clock() + _STEP_SECONDS
        while length and not ended and self._clock() < until:
            if not departure.rest:
                piece = next(departure.pieces, None)
                ended = piece is None
                departure.rest = memoryview(piece or b"")
            part, departure.rest = departure.rest[:length], departure.rest[length:]
            length -= len(part)
            parts.append(part)
        chunk = b"".join(parts)
        departure.sent += len(chunk)
        departure.touched = self._clock()
        return chunk, ended

    def _drop_idle(self) -> None:
        latest = self._clock() - IDLE_SECONDS
        for archive_id in [key for key, departure in self._live.items() if departure.touched < latest]:
            del self._live[archive_id]


def archive_operations(uploads: Uploads, departures: Departures) -> dict[str, Handler]:
    """The operations on whole trees: what comes in is gathered as an upload, and ended here instead of by a commit."""

    def begin(
        fs: FileSystem, _body: Body, path: str, format_: str = "tar", *, materialize: bool = False
    ) -> dict[str, str]:
        pieces = fs.archive(path, format_, materialize=materialize)
        return {"archiveId": departures.begin(pieces), "name": paths.name(path)}

    def read(
        _fs: FileSystem, _body: Body, archive_id: str, offset: int, length: int = MAX_CHUNK
    ) -> tuple[dict[str, bool], bytes]:
        chunk, ended = departures.read(archive_id, offset, length)
        return {"ended": ended}, chunk

    def abort(_fs: FileSystem, _body: Body, archive_id: str) -> dict[str, Any]:
        departures.abort(archive_id)
        return {}

    def extract_begin(fs: FileSystem, _body: Body, path: str, size: int | None = None) -> dict[str, str]:
        return {"uploadId": uploads.begin(fs, path, size, None, is_archive=True)}

    def extract_commit(
        _fs: FileSystem, _body: Body, upload_id: str, format_: str | None = None, *, overwrite: bool = False
    ) -> dict[str, Any]:
        upload = uploads.take(upload_id)
        made = upload.system.extract(upload.content.getvalue(), upload.path, format=format_, overwrite=overwrite)
        return {"paths": made[:LISTED_PATHS], "truncated": len(made) > LISTED_PATHS}

    return {
        "archive_begin": begin,
        "archive_read": read,
        "archive_abort": abort,
        "extract_begin": extract_begin,
        "extract_commit": extract_commit,
    }
