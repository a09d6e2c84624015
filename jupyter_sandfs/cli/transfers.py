"""Bytes between this machine and a store: measured, checked, and gone on with after an interruption."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from jupyter_sandfs.errors import ChecksumMismatch, StoreError
from jupyter_sandfs.filestore import FileInfo, FileStore
from jupyter_sandfs.filestore.protocol import CHUNK_BYTES

_DIGEST_SHOWN = 16

# Is told how many bytes have passed.
Progress = Callable[[int], object]


class Measured:
    """A file that is read for an upload: hashed, and its progress told."""

    def __init__(self, file: BinaryIO, progress: Progress) -> None:
        self._file = file
        self._progress = progress
        self._digest = hashlib.sha256()

    def read(self, size: int, /) -> bytes:
        data = self._file.read(size)
        self._digest.update(data)
        self._progress(len(data))
        return data

    def check(self, info: FileInfo) -> None:
        """Raise ChecksumMismatch unless the store has what was read."""
        _check(info, self._digest.hexdigest())


def download(store: FileStore, info: FileInfo, target: Path, progress: Progress, *, resume: bool) -> None:
    """Fetch a stored file next to its target, and move it there when its checksum is right.

    What has arrived stays when it is interrupted; `resume` goes on with it if the store still has that content.

    Raises:
        ObjectNotFound, ChecksumMismatch, StoreError, OSError
    """
    key, part = info.key, _part(target, info)
    if not resume:
        part.unlink(missing_ok=True)
    digest = hashlib.sha256()
    with part.open("ab") as file:
        arrived = _digest_of(part, digest.update, progress)
        with store.open(key, version=info.version, start=arrived) as reader:
            if reader.info.checksum != info.checksum:
                raise StoreError(f"{key}: it was replaced just now; try again")
            for chunk in _told(reader, digest.update, progress):
                file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    try:
        _check(info, digest.hexdigest())
    except ChecksumMismatch:
        part.unlink()
        raise
    part.replace(target)


def send(store: FileStore, info: FileInfo, file: BinaryIO, progress: Progress) -> None:
    """Write a stored file to an open one. The checksum is known only in the end. Raises ChecksumMismatch."""
    digest = hashlib.sha256()
    with store.open(info.key, version=info.version) as reader:
        file.writelines(_told(reader, digest.update, progress))
        file.flush()
    _check(reader.info, digest.hexdigest())


def _told(chunks: Iterable[bytes], update: Callable[[bytes], object], progress: Progress) -> Iterator[bytes]:
    for chunk in chunks:
        update(chunk)
        progress(len(chunk))
        yield chunk


def _digest_of(part: Path, update: Callable[[bytes], object], progress: Progress) -> int:
    """Take in what has arrived before; gives its size."""
    with part.open("rb") as file:
        for chunk in iter(lambda: file.read(CHUNK_BYTES), b""):
            update(chunk)
            progress(len(chunk))
        return file.tell()


def _part(target: Path, info: FileInfo) -> Path:
    """Where a download grows: its name holds the digest, so that no other content is ever gone on with."""
    digest = info.checksum.partition(":")[2][:_DIGEST_SHOWN]
    return target.with_name(f".sandfs-{digest}.part")


def _check(info: FileInfo, digest: str) -> None:
    actual = f"sha256:{digest}"
    if actual != info.checksum:
        raise ChecksumMismatch(info.key, info.checksum, actual)
