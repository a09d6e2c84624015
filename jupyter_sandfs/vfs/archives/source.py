"""The bytes of an archive on their way in: taken from anything that gives bytes, read by exact amounts."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Protocol

from jupyter_sandfs.errors import InvalidRequest, LimitExceeded

_READ_BYTES = 1 << 20


class SupportsRead(Protocol):
    """An open binary file."""

    def read(self, size: int, /) -> bytes: ...


Stream = bytes | bytearray | memoryview | SupportsRead | Iterable[bytes]


def pieces(stream: Stream) -> Iterator[bytes]:
    """Give the bytes of a stream in pieces. Raises InvalidRequest for what gives something else."""
    if isinstance(stream, bytes | bytearray | memoryview):
        yield bytes(stream)
        return
    given = stream if isinstance(stream, Iterable) and not hasattr(stream, "read") else _read(stream)
    for piece in given:
        if not isinstance(piece, bytes | bytearray | memoryview):
            raise InvalidRequest(f"an archive is bytes, not {type(piece).__name__}")
        yield piece if isinstance(piece, bytes) else bytes(piece)


def _read(file: object) -> Iterator[bytes]:
    read = getattr(file, "read", None)
    if read is None:
        raise InvalidRequest(f"an archive is bytes, an open file or an iterable of bytes, not {type(file).__name__}")
    while piece := read(_READ_BYTES):
        yield piece


def bounded(chunks: Iterable[bytes], most: int) -> Iterator[bytes]:
    """The same pieces. Raises LimitExceeded once there are more than `most` bytes."""
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if total > most:
            raise LimitExceeded(f"the archive has more than {most} bytes")
        yield chunk


class Source:
    """Reads exact amounts from pieces of any size."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._buffer = b""
        self._at = 0

    def read(self, size: int) -> bytes:
        """Give the next `size` bytes; fewer only at the end."""
        at = self._at
        end = self._at = at + size
        piece = self._buffer[at:end]
        return piece if len(piece) == size else self._gather(piece, size)

    def skip(self, size: int) -> bool:
        """Go on by `size` bytes; False if there are fewer."""
        end = self._at + size
        if end <= len(self._buffer):
            self._at = end
            return True
        return len(self.read(size)) == size

    def peek(self, size: int) -> bytes:
        """The same, but they are read again."""
        if self._at == len(self._buffer):  # the next piece as it is: it may be the whole archive, and is not copied
            self._buffer, self._at = next(self._chunks, b""), 0
        if self._at + size > len(self._buffer):
            piece = self.read(size)
            self._buffer, self._at = piece + self._buffer[self._at :], 0
        return self._buffer[self._at : self._at + size]

    def rest(self) -> Iterator[bytes]:
        """Everything that was not read yet."""
        if self._at < len(self._buffer):
            yield self._buffer[self._at :]
        self._buffer, self._at = b"", 0
        yield from self._chunks

    def _gather(self, first: bytes, size: int) -> bytes:
        """Read on over the end of a piece. A size that is only claimed takes no memory before the bytes are there."""
        gathered = io.BytesIO()
        missing = size - gathered.write(first)
        self._buffer, self._at = b"", 0
        while missing:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            gathered.write(chunk[:missing] if len(chunk) > missing else chunk)
            if len(chunk) > missing:
                self._buffer, self._at = chunk, missing
            missing -= min(len(chunk), missing)
        return gathered.getvalue()
