"""Large files that come through Jupyter's contents API: several requests, each with a chunk and its number."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass

from tornado.web import HTTPError

from jupyter_sandfs.errors import SandfsError
from jupyter_sandfs.server.intake import Sink

MOST = 64
LAST = -1

Sender = tuple[str, str]  # a user, and which of the user's pages or programs, if it says that


@dataclass(slots=True)
class _Arriving:
    sink: Sink
    next_number: int = 1
    size: int = 0


class ChunkedUploads:
    """The files on their way, each by who sends it and where to. Nothing is seen of one before its last chunk.

    Jupyter's protocol has no id for an upload: a first chunk drops what the same sender had begun at the same path, and
    of more than `MOST` the one that waits longest is dropped. Our drive in JupyterLab tells its pages apart (`sender`).
    """

    def __init__(self) -> None:
        self._live: OrderedDict[tuple[Sender, str], _Arriving] = OrderedDict()

    async def begin(self, sender: Sender, path: str, sink: Sink) -> None:
        """Expect a file. Its chunks go to `sink`."""
        await self._drop((sender, path))
        self._live[sender, path] = _Arriving(sink)
        while len(self._live) > MOST:
            await self._drop(next(iter(self._live)))

    async def append(self, sender: Sender, path: str, number: int, data: bytes) -> int:
        """Take a chunk, and with the last one finish; gives the size so far.

        Raises:
            HTTPError: this chunk does not come next (400).
            SandfsError: the sandbox refuses it. The upload ends.
        """
        arriving = self._live.get((sender, path))
        if arriving is None or number not in {arriving.next_number, LAST}:
            await self._drop((sender, path))
            raise HTTPError(400, f"Chunk {number} of {path} does not come next: begin again with chunk 1")
        arriving.next_number += 1
        arriving.size += len(data)
        self._live.move_to_end((sender, path))
        try:
            await arriving.sink.append(data)
            if number == LAST:
                await arriving.sink.commit()
                self._live.pop((sender, path), None)
        except BaseException:
            await self._drop((sender, path))
            raise
        return arriving.size

    async def _drop(self, key: tuple[Sender, str]) -> None:
        arriving = self._live.pop(key, None)
        if arriving is not None:
            with suppress(SandfsError):  # its kernel may be gone, and drops it anyway
                await arriving.sink.abort()
