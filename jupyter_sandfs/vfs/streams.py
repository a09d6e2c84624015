"""File objects over any file system.

A reader holds the content as it was on opening. A writer keeps what is written to itself and makes it visible in one
step on `close`; when the `with` block is left by an exception, nothing has happened.
"""

from __future__ import annotations

import errno
import io
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import IO, TYPE_CHECKING, Any, NoReturn

from jupyter_sandfs import paths
from jupyter_sandfs.errors import AlreadyExists, FileTooLarge, InvalidRequest, IsADirectory

if TYPE_CHECKING:
    from jupyter_sandfs.vfs.interface import FileSystem

_LARGE = 64 << 10  # bytes of a piece that is rather held than copied
_MODES = {"r", "w", "a", "x"}


def open_stream(system: FileSystem, path: str, mode: str, *, encoding: str | None, newline: str | None) -> IO[Any]:
    """Open `path`; see `FileSystem.open`."""
    action, update, binary = _parse(mode)
    if binary and (encoding is not None or newline is not None):
        raise InvalidRequest("a binary stream has no encoding and no newline")
    raw: _Memory | io.BufferedReader
    if action == "r" and not update:
        raw = _reader(system._read_pieces(path), path, mode)  # noqa: SLF001 (of this package, and of streams alone)
    elif action == "a" and not update:
        raw = _Appender(system, paths.normalize(path))
    elif not update:
        raw = _Collector(system, paths.normalize(path), action)
    else:
        raw = _Writer(system, paths.normalize(path), action, readable=update)
    if isinstance(raw, _Memory):
        # File objects have these, and pandas and zipfile ask for them; BytesIO does not.
        raw.__dict__.update(name=path, mode=mode)
    return raw if binary else _Text(raw, encoding or "utf-8", newline, mode)


def _reader(pieces: Sequence[bytes], path: str, mode: str) -> _Memory | io.BufferedReader:
    if len(pieces) < 2:
        return _Reader(b"".join(pieces))
    return io.BufferedReader(_Pieces(pieces, path, mode))


def _parse(mode: str) -> tuple[str, bool, bool]:
    """Read a mode as (r, w, a or x; with +; binary)."""
    letters = set(mode)
    actions = letters & _MODES
    if len(actions) != 1 or len(letters) != len(mode) or letters - _MODES - set("+bt") or {"b", "t"} <= letters:
        raise InvalidRequest(f"invalid mode: {mode!r}")
    return actions.pop(), "+" in letters, "b" in letters


def _not_readable(*_: object) -> NoReturn:
    raise io.UnsupportedOperation("not readable")


class _Memory(io.BytesIO):
    """Positions as of files: one before the start is an error, where BytesIO takes the start."""

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        at = super().tell()
        found = super().seek(0, whence) + offset
        if found < 0:
            super().seek(at)
            raise OSError(errno.EINVAL, "a position before the start")
        return super().seek(found)


class _Pieces(io.RawIOBase):
    """Reads a content that is kept in pieces, without joining them."""

    def __init__(self, pieces: Sequence[bytes], path: str, mode: str) -> None:
        super().__init__()
        self._pieces, self._ends, self._at = pieces, [*accumulate(map(len, pieces))], 0
        self.name, self.mode = path, mode

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        found = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at}.get(whence, self._ends[-1])
        if found < 0:
            raise OSError(errno.EINVAL, "a position before the start")
        self._at = found
        return found

    def readinto(self, buffer: Any, /) -> int:
        number = bisect_right(self._ends, self._at)
        if number == len(self._pieces):
            return 0
        piece = self._pieces[number]
        start = self._at - self._ends[number] + len(piece)
        part = memoryview(piece)[start : start + len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)


class _Reader(_Memory):
    def writable(self) -> bool:
        return False

    def write(self, _: Any) -> int:
        raise io.UnsupportedOperation("not writable")

    def writelines(self, _: Any) -> None:
        raise io.UnsupportedOperation("not writable")

    def truncate(self, _: int | None = None) -> int:
        raise io.UnsupportedOperation("not writable")


_READING = ("read", "read1", "readline", "readlines", "readinto", "readinto1")


class _Writer(_Memory):
    """Collects what is written; `close` commits it, `abort` drops it."""

    def __init__(self, system: FileSystem, path: str, action: str, *, readable: bool) -> None:
        self._system, self._path, self._action, self._readable = system, path, action, readable
        self._expected = 0 if action == "x" else None
        self._limit = system.limits.file_bytes
        try:
            super().__init__(self._begin())
        except BaseException:
            self.abort()  # or else being forgotten would close it, and write
            raise
        self._kept = super().seek(0, io.SEEK_END) if action == "a" else 0
        if not readable:
            self.__dict__.update(dict.fromkeys(_READING, _not_readable))

    def _begin(self) -> bytes:
        """Check what can be checked now, and give the content to start with."""
        entry = self._system.get_entry(self._path)
        if self._action == "x" and entry is not None:
            raise AlreadyExists(self._path)
        if self._system.is_dir(self._path):
            raise IsADirectory(self._path)
        there = self._action == "r" or (self._action == "a" and self._system.exists(self._path))
        return self._start() if there else b""

    def _start(self) -> bytes:
        """What is there; NotFound and the like if nothing is."""
        return self._system.read_bytes(self._path)

    def readable(self) -> bool:
        return self._readable

    def __next__(self) -> bytes:
        if not self._readable:
            _not_readable()
        return super().__next__()

    def write(self, data: Any, /) -> int:
        size = memoryview(data).nbytes
        if self._action == "a" and size:
            self.seek(0, io.SEEK_END)
        self._check_size(self.tell() + size)
        return super().write(data)

    def writelines(self, lines: Iterable[Any], /) -> None:
        for line in lines:
            self.write(line)

    def truncate(self, size: int | None = None, /) -> int:
        """Cut, or extend with zeros as a file does; an appending stream has only its own end to cut."""
        if self._action == "a":
            raise io.UnsupportedOperation("an appending stream is not truncated")
        wanted = self.tell() if size is None else size
        if wanted < 0:
            raise OSError(errno.EINVAL, "a size below zero")
        self._check_size(wanted)
        end = len(self.getbuffer())
        if wanted > end:
            at = self.tell()
            self.seek(end)
            super().write(bytes(wanted - end))
            self.seek(at)
        return super().truncate(wanted)

    def _check_size(self, size: int) -> None:
        if size > self._limit:
            raise FileTooLarge(self._path, f"over the limit of {self._limit} bytes")

    def abort(self) -> None:
        """Drop what was written."""
        super().close()

    def close(self) -> None:
        if self.closed:
            return
        try:
            self._commit()
        finally:
            super().close()

    def _commit(self) -> None:
        data = self.getvalue()
        if self._action == "a":
            self._system.write_bytes(self._path, data[self._kept :], append=True)
        else:
            self._system.write_bytes(self._path, data, expected_version=self._expected)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()


class _Collector(_Writer):
    """Only writes anew: large pieces are held as they come, and what a large file holds is copied nowhere."""

    def __init__(self, system: FileSystem, path: str, action: str) -> None:
        self._pieces: list[bytes] = []
        self._held = 0  # bytes in them; what came since is in the buffer
        super().__init__(system, path, action, readable=False)

    def tell(self) -> int:
        return self._held + super().tell()

    def write(self, data: Any, /) -> int:
        if type(data) is not bytes or len(data) < _LARGE or super().tell() != len(self.getbuffer()):
            return super().write(data)
        self._check_size(self.tell() + len(data))
        self._pieces += [self.getvalue(), data]
        self._held = self.tell() + len(data)
        io.BytesIO.__init__(self)
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self._gather()
        return super().seek(offset, whence)

    def truncate(self, size: int | None = None, /) -> int:
        self._gather()
        return super().truncate(size)

    def _gather(self) -> None:
        """Take all into the buffer, for those who go back in it."""
        if self._pieces:
            at, whole = self.tell(), b"".join([*self._pieces, self.getvalue()])
            self._pieces, self._held = [], 0
            io.BytesIO.__init__(self, whole)
            super().seek(at)

    def _commit(self) -> None:
        if not self._pieces:
            super()._commit()
            return
        pieces = [*self._pieces, self.getvalue()]
        self._system._write_pieces(self._path, pieces, expected_version=self._expected)  # noqa: SLF001 (as in reading)


class _Appender(_Writer):
    """Only appends: it does not hold what was there before it, but its positions count that."""

    def __init__(self, system: FileSystem, path: str) -> None:
        self._before = 0
        super().__init__(system, path, "a", readable=False)
        self._at = self._before

    def _start(self) -> bytes:
        self._before = self._system.stat(self._path).size
        return b""

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Say where to stand; the next write goes to the end all the same."""
        found = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at}.get(whence, self._before + super().tell())
        if found < 0:
            raise OSError(errno.EINVAL, "a position before the start")
        self._at = found
        return found

    def write(self, data: Any, /) -> int:
        written = super().write(data)
        self._at += written  # from the end, where it was put
        return written


class _Text(io.TextIOWrapper):
    """Text over one of the above; an exception in the `with` block reaches the writer below."""

    def __init__(self, raw: _Memory | io.BufferedReader, encoding: str, newline: str | None, mode: str) -> None:
        super().__init__(raw, encoding=encoding, newline=newline)
        self._raw = raw
        self.__dict__["mode"] = mode

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and isinstance(self._raw, _Writer):
            self._raw.abort()
        else:
            self.close()
