"""Reading a stored file, or a part of it, through a descriptor that stays good whatever happens to the key."""

from __future__ import annotations

import os
from typing import BinaryIO

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.filestore.protocol import FileInfo, Reader


class LocalReader(Reader):
    """The bytes of a file from `start` up to, without, `end`; both are cut to its size."""

    def __init__(self, info: FileInfo, file: BinaryIO, start: int, end: int | None) -> None:
        self.info = info
        self._file = file
        self._start = min(start, info.size_bytes)
        self._end = max(self._start, min(info.size_bytes if end is None else end, info.size_bytes))
        file.seek(self._start)

    def read(self, size: int = -1, /) -> bytes:
        left = max(0, self._end - self._file.tell())
        return self._file.read(left if size < 0 else min(size, left))

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        origins = {os.SEEK_SET: self._start, os.SEEK_CUR: self._file.tell(), os.SEEK_END: self._end}
        if whence not in origins or origins[whence] + offset < self._start:
            raise InvalidRequest(f"no place to seek to: offset {offset}, whence {whence}")
        return self._file.seek(origins[whence] + offset) - self._start

    def tell(self) -> int:
        return self._file.tell() - self._start

    def close(self) -> None:
        self._file.close()
